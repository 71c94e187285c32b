// Wrong tokens: those who guess are slowed down and few of them are logged; those whose tokens have ended are not guessing.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { boot } from './support/app.mjs';
import { connect, refused } from './support/client.mjs';

const times = (count, make) => Promise.all(Array.from({ length: count }, (_, i) => make(i)));

describe('wrong tokens', { timeout: 120_000 }, () => {
  let app;
  let monitoring;

  const come = (auth) => refused(app.url, { auth, transports: ['websocket'] });
  const delayed = () => monitoring.getTraffic().limited;
  const issue = (payload, options) =>
    app.strapi.plugin('users-permissions').service('jwt').issue(payload, options);

  before(async () => {
    app = await boot({});
    monitoring = app.strapi.plugin('io').service('monitoring');
  });

  after(() => app.close());

  it('lets thousands come back with expired tokens without slowing anybody down', async () => {
    const { user, jwt } = await app.addUser('late');
    const expired = issue({ id: user.id }, { expiresIn: '-1h' });
    const errors = await times(300, () => come({ token: expired }));
    assert.ok(errors.every(({ data }) => data.code === 'INVALID_TOKEN'));
    (await connect(app.url, { auth: { token: jwt } })).close();
    assert.equal(delayed(), 0);
  });

  it('does not take blocked users for guessing', async () => {
    const { jwt } = await app.addUser('blocked', 'authenticated', { blocked: true });
    const errors = await times(150, () => come({ token: jwt }));
    assert.ok(errors.every(({ data }) => data.code === 'INVALID_CREDENTIALS'));
    assert.equal(delayed(), 0);
  });

  it('slows an address down that guesses, and lets users behind it in', async () => {
    monitoring.resetStats();
    const strategies = [undefined, 'jwt', 'api-token', 'admin-jwt'];
    const guess = (i) => come({ token: `guess ${i}`, strategy: strategies[i % 4] });
    const errors = await times(300, guess);
    assert.ok(
      errors.every(({ data }) => data.code === 'INVALID_TOKEN'),
      'each is answered',
    );
    assert.ok(delayed() > 0);
    const { jwt } = await app.addUser('valid');
    const users = await times(20, () => connect(app.url, { auth: { token: jwt } }));
    for (const user of users) user.close();
    (await connect(app.url)).close();
  });

  it('logs few of many refusals, and counts all', () => {
    const entries = monitoring.getEventLog(200).filter(({ type }) => type === 'refused');
    const told = entries.filter(({ data }) => data.leftOut === undefined);
    assert.ok(told.length >= 10 && told.length < 40, `${told.length} entries`);
    assert.equal(monitoring.getEventStats().eventsByType.refused, 300);
  });
});
