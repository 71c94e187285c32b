// Configuration reference, `socket`: the options of the Socket.IO server.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connect, refused } from '../support/client.mjs';
import { bootDocumented, example, inConfig } from './support/app.mjs';

const CORS = 'access-control-allow-';

async function start(t, option, env) {
  const app = await bootDocumented(inConfig(option), { env });
  t.after(() => app.close());
  return app;
}

/** What a browser on this origin is told. */
const cors = async ({ url }, origin, { method = 'GET', path = '/socket.io' } = {}) => {
  const { status, headers } = await fetch(`${url}${path}/?EIO=4&transport=polling`, {
    method,
    headers: { origin, 'access-control-request-method': 'POST' },
  });
  return {
    status,
    origin: headers.get(`${CORS}origin`),
    methods: headers.get(`${CORS}methods`),
    credentials: headers.get(`${CORS}credentials`),
  };
};

const optionOf = (text) => new Function(`return ${text}`)();

describe('documentation: socket', { timeout: 300_000 }, () => {
  it('the default', async (t) => {
    const { serverOptions } = optionOf(await example('reference-socket-default.js'));
    const app = await start(t, '');
    const { origin, methods } = serverOptions.cors;
    const told = await cors(app, origin, { method: 'OPTIONS' });
    assert.deepEqual([told.origin, told.methods], [origin, methods.join(',')]);
    (await connect(app.url)).close();
  });

  it('all that is listed', async (t) => {
    const env = { CLIENT_URL: 'https://client.example.com' };
    const app = await start(t, await example('reference-socket-options.js'), env);
    const told = await cors(app, env.CLIENT_URL, { method: 'OPTIONS' });
    assert.deepEqual(
      [told.origin, told.methods, told.credentials],
      [env.CLIENT_URL, 'GET,POST', 'true'],
    );
    const { opts } = app.strapi.$io.server.engine;
    const { pingTimeout, pingInterval, upgradeTimeout, maxHttpBufferSize } = opts;
    assert.deepEqual(
      [pingTimeout, pingInterval, upgradeTimeout, maxHttpBufferSize],
      [60000, 25000, 10000, 1e6],
    );
    const client = await connect(app.url, { transports: ['polling'], upgrade: false });
    const text = await fetch(`${app.url}/socket.io/?EIO=4&transport=polling`).then((answer) =>
      answer.text(),
    );
    const open = JSON.parse(text.slice(1));
    assert.deepEqual([open.pingInterval, open.pingTimeout, open.maxPayload], [25000, 60000, 1e6]);
    client.close();
  });

  it('development: all origins', async (t) => {
    const app = await start(t, await example('reference-socket-development.js'));
    assert.equal((await cors(app, 'https://anywhere.example')).origin, '*');
  });

  it('production: a list of origins, WebSocket alone', async (t) => {
    const app = await start(t, await example('reference-socket-production.js'));
    const preflight = { method: 'OPTIONS' };
    for (const origin of ['https://example.com', 'https://app.example.com']) {
      assert.equal((await cors(app, origin, preflight)).origin, origin);
    }
    assert.notEqual(
      (await cors(app, 'https://evil.example', preflight)).origin,
      'https://evil.example',
    );
    (await connect(app.url, { transports: ['websocket'] })).close();
    await refused(app.url, { transports: ['polling'] });
  });

  it('a custom path', async (t) => {
    const env = { CLIENT_URL: 'https://client.example.com' };
    const app = await start(t, await example('reference-socket-path.js'), env);
    (await connect(app.url, { path: '/api/realtime' })).close();
    const { origin } = await cors(app, env.CLIENT_URL, { path: '/api/realtime' });
    assert.equal(origin, env.CLIENT_URL);
    assert.equal((await cors(app, env.CLIENT_URL)).status, 404);
  });
});
