import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { adminActions } from './support/admins.mjs';
import { boot } from './support/app.mjs';
import { connect, refused } from './support/client.mjs';

const ARTICLE = 'api::article.article';
const document = { uid: ARTICLE, documentId: 'one' };

describe('presence, with short times', { timeout: 120_000 }, () => {
  let app;
  let admins;
  const clients = [];
  const enter = async (name) => {
    const client = await admins.enter(name);
    clients.push(client);
    return client;
  };

  before(async () => {
    app = await boot({
      contentTypes: [ARTICLE],
      presence: { refreshCooldown: 1, heartbeatTimeout: 600, typingTimeout: 100 },
    });
    admins = adminActions(app);
    for (const name of ['ada', 'bob']) await admins.addAdmin(name);
  });
  after(async () => {
    clients.forEach((client) => client.close());
    await app?.close();
  });

  it('lets editors without heartbeat leave, and come back', async () => {
    const [ada, bob] = [await enter('ada'), await enter('bob')];
    await ada.ask('presence:join', document);
    await bob.ask('presence:join', document);
    const beat = setInterval(() => ada.socket.emit('presence:heartbeat'), 50);
    try {
      const { editors } = await ada.next('presence:update');
      assert.deepEqual(
        editors.map(({ user }) => user.firstname),
        ['ada'],
      );
      assert.deepEqual(await bob.ask('presence:heartbeat'), { success: true, documents: 0 });
      bob.take();
      const back = ada.next('presence:update');
      const { count } = await bob.ask('presence:join', document);
      assert.equal(count, 2);
      assert.equal((await back).count, 2);
    } finally {
      clearInterval(beat);
    }
  });

  it('tells when somebody has stopped typing', async () => {
    const [ada, bob] = [await enter('ada'), await enter('bob')];
    const typed = { uid: ARTICLE, documentId: 'two' };
    await ada.ask('presence:join', typed);
    await bob.ask('presence:join', typed);
    ada.take();
    const began = ada.next('presence:typing');
    await bob.ask('presence:typing', { ...typed, fieldName: 'title' });
    assert.equal((await began).fieldName, 'title');
    const { fieldName, user } = await ada.next('presence:typing');
    assert.deepEqual([fieldName, user.firstname], [null, 'bob']);
  });
});

describe('session tokens that expire at once', { timeout: 120_000 }, () => {
  let app;
  before(async () => {
    app = await boot({ presence: { sessionTTL: 1, refreshCooldown: 1 } });
  });
  after(() => app?.close());

  it('open nothing', async (t) => {
    const admins = adminActions(app);
    await admins.addAdmin('ada');
    const access = await admins.login('ada');
    const { status, body } = await admins.session(access);
    assert.equal(status, 200);
    const error = await refused(app.url, { auth: admins.auth(body.token) });
    assert.deepEqual(error.data, { code: 'INVALID_TOKEN' });
    assert.equal((await admins.session(access)).status, 200, 'the cooldown is over');
    const guest = await connect(app.url);
    t.after(() => guest.close());
    assert.equal(guest.socket.connected, true);
  });
});
