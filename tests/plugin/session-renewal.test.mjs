// The panel's session token is renewed over the live connection.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { boot } from './support/app.mjs';
import { adminActions } from './support/admins.mjs';
import { connect } from './support/client.mjs';

describe('session:renew', { timeout: 120_000 }, () => {
  let app;
  let admins;

  before(async () => {
    app = await boot({ presence: { refreshCooldown: 1 } });
    admins = adminActions(app);
    await admins.addAdmin('ada');
  });
  after(() => app?.close());

  it('answers a token for the same login, which opens connections and ends with the login', async (t) => {
    const panel = await admins.enter('ada');
    t.after(() => panel.close());
    const { success, token, expiresAt, refreshAfter } = await panel.ask('session:renew', {});
    assert.equal(success, true);
    assert.notEqual(token, panel.token);
    assert.ok(Math.abs((refreshAfter - Date.now()) / (expiresAt - Date.now()) - 0.7) < 0.05);
    const again = await connect(app.url, { auth: admins.auth(token) });
    t.after(() => again.close());
    const { status } = await admins.request('POST', '/admin/logout', { token: panel.access });
    assert.equal(status, 200);
    for (const client of [panel, again]) await client.disconnected();
  });

  it('is no activity of the admin', async (t) => {
    const panel = await admins.enter('ada');
    t.after(() => panel.close());
    const activity = async () => {
      const { body } = await admins.request('GET', '/io/presence/online', { token: panel.access });
      return body.data[0].lastActivity;
    };
    const before = await activity();
    assert.equal((await panel.ask('session:renew', {})).success, true);
    assert.equal(await activity(), before);
    await panel.ask('presence:heartbeat');
    assert.ok((await activity()) >= before);
  });

  it('is refused to everybody else', async (t) => {
    const visitor = await connect(app.url);
    t.after(() => visitor.close());
    const { success, error } = await visitor.ask('session:renew', {});
    assert.equal(success, false);
    assert.match(error, /admins/);
  });
});

describe('session:renew within the cooldown', { timeout: 120_000 }, () => {
  it('is refused', async (t) => {
    const app = await boot();
    t.after(() => app.close());
    const admins = adminActions(app);
    await admins.addAdmin('ada');
    const panel = await admins.enter('ada');
    t.after(() => panel.close());
    const { success, error } = await panel.ask('session:renew', {});
    assert.equal(success, false);
    assert.match(error, /the next session token may be requested in \d+ s/);
  });
});
