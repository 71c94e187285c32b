// Connection state recovery gives back what a client may still have, and nothing else.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { boot } from './support/app.mjs';
import { connect } from './support/client.mjs';

const NOTE = 'api::note.note';

describe('connection state recovery', { timeout: 120_000 }, () => {
  let app;
  const clients = [];

  /** A client that has received something, so that it has an offset to come back with. */
  const join = async (auth) => {
    const client = await connect(app.url, { auth });
    clients.push(client);
    const heard = client.next('hello');
    await app.strapi.$io.raw({ event: 'hello', data: 1, rooms: [client.socket.id] });
    await heard;
    return client;
  };
  const leave = async (client) => {
    const server = app.strapi.$io.server.sockets.sockets.get(client.socket.id);
    const gone = new Promise((resolve) => server.once('disconnect', resolve));
    client.socket.io.engine.close();
    await Promise.all([gone, client.disconnected()]);
    client.take();
  };
  const comeBack = async (client) => {
    const connected = client.next('connect');
    client.socket.connect();
    await connected;
    const last = client.next('last');
    await app.strapi.$io.raw({ event: 'last', rooms: [client.socket.id] });
    await last;
    return client.socket.recovered;
  };
  const write = (text) => app.strapi.documents(NOTE).create({ data: { text } });

  before(async () => {
    app = await boot({
      contentTypes: [NOTE],
      socket: { serverOptions: { connectionStateRecovery: { maxDisconnectionDuration: 60_000 } } },
    });
    await app.grant('authenticated', NOTE, 'find');
  });
  after(async () => {
    clients.forEach((client) => client.close());
    await app?.close();
  });

  it('brings a user its rooms and what it missed', async () => {
    const { jwt: token } = await app.addUser('back');
    const client = await join({ token });
    await leave(client);
    await write('missed');
    assert.equal(await comeBack(client), true);
    assert.deepEqual(client.names(), ['note:create', 'last']);
  });

  it('brings a user who is in another role now nothing of the old one', async () => {
    const { user, jwt: token } = await app.addUser('moved');
    const client = await join({ token });
    await leave(client);
    await write('secret');
    const role = await app.strapi.db
      .query('plugin::users-permissions.role')
      .create({ data: { name: 'Elsewhere', type: 'elsewhere', description: '' } });
    await app.strapi.db
      .query('plugin::users-permissions.user')
      .update({ where: { id: user.id }, data: { role: role.id } });
    assert.equal(await comeBack(client), false);
    assert.deepEqual(client.names(), ['last']);
  });

  it('is not for another user who comes with the session of the first', async () => {
    const [first, second] = [await app.addUser('first'), await app.addUser('second')];
    const client = await join({ token: first.jwt });
    await leave(client);
    await write('not for the second');
    client.socket.auth = { token: second.jwt };
    assert.equal(await comeBack(client), false);
    assert.deepEqual(client.names(), ['last']);
  });
});
