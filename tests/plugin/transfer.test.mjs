// Rights that a data transfer changes: it writes with the database lifecycles switched off. Takes about a minute: each
// push starts a Strapi of its own.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { boot } from './support/app.mjs';
import { connect } from './support/client.mjs';
import { push, pushToken } from './support/transfer.mjs';

const ARTICLE = 'api::article.article';
const LIMIT = 60_000;

/** The other application; `call` runs one of its methods. */
async function startNode() {
  const child = fork(new URL('support/transfer-node.mjs', import.meta.url));
  let calls = 0;
  const answer = async (id) => {
    for (;;) {
      const signal = AbortSignal.timeout(LIMIT);
      const [[key, result, error]] = await once(child, 'message', { signal });
      if (error !== undefined) throw new Error(error);
      if (key === id) return result;
    }
  };
  const call = async (method, ...args) => {
    calls += 1;
    const answered = answer(calls);
    child.send([calls, method, ...args]);
    return answered;
  };
  const close = async () => {
    const exited = once(child, 'exit');
    child.disconnect();
    await exited;
  };
  const { url, folder } = await answer('ready');
  return { url, folder, call, close };
}

describe('strapi transfer', { timeout: 300_000 }, () => {
  let here;
  let there;
  const clients = [];
  const join = async (url, auth = {}) => {
    const client = await connect(url, { auth });
    clients.push(client);
    return client;
  };
  const write = async (title) => {
    const articles = here.strapi.documents(ARTICLE);
    const { documentId } = await articles.create({ data: { title } });
    await articles.publish({ documentId });
  };

  before(async () => {
    [here, there] = await Promise.all([boot({ contentTypes: [ARTICLE] }), startNode()]);
  });
  after(async () => {
    clients.forEach((client) => client.close());
    await here?.close();
    await there?.close();
  });

  it('takes rights and users from the sockets of the application it writes to', async () => {
    await here.grant('public', ARTICLE, 'find');
    const { jwt } = await here.addUser('removed');
    const old = await join(here.url);
    const user = await join(here.url, { token: jwt });
    await write('before');
    await here.flush(old, user);
    assert.deepEqual(
      old.take().map(({ data }) => data.title),
      ['before'],
    );

    await push(there.folder, { url: here.url, token: await pushToken(here) });
    assert.equal((await here.rest('GET', 'articles')).status, 403);
    await user.disconnected();
    assert.deepEqual(user.take().at(-1), {
      event: 'io:disconnected',
      data: { reason: 'Access revoked' },
    });
    const later = await join(here.url);
    await write('after');
    await here.flush(old, later);
    assert.deepEqual([old.names(), later.names()], [[], []]);

    // Those who stay get what is granted to them from now on.
    await here.grant('public', ARTICLE, 'find');
    await write('granted again');
    await here.flush(old, later);
    for (const client of [old, later]) {
      assert.deepEqual(
        client.take().map(({ data }) => data.title),
        ['granted again'],
      );
    }
  });

  it('does so the other way round, beside connected sockets', async () => {
    const permissions = here.strapi.db.query('plugin::users-permissions.permission');
    await permissions.deleteMany({ where: { action: `${ARTICLE}.find` } });
    await there.call('grant', 'public', ARTICLE, 'find');
    const old = await join(there.url);
    const flush = async (name, ...all) => {
      const seen = all.map((client) => client.next(name));
      await there.call('flush', name);
      await Promise.all(seen);
    };
    await there.call('write', 'before');
    await flush('sentinel:1', old);
    assert.deepEqual(
      old.take().map(({ data }) => data.title),
      ['before'],
    );

    const local = await join(here.url);
    await push(here.folder, { url: there.url, token: await there.call('pushToken') });
    const later = await join(there.url);
    await there.call('write', 'after');
    await flush('sentinel:2', old, later);
    assert.deepEqual([old.names(), later.names()], [[], []]);
    assert.equal(local.socket.connected, true);
  });
});
