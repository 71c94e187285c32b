// Which pages may connect while `security.checkOrigin` is on: those that the package `cors` lets read an answer.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { boot } from './support/app.mjs';
import { connect, refused } from './support/client.mjs';
import { require } from './support/plugin-root.mjs';

const cors = require('cors');
const { originRule } = require('../../../dist/server/utils/origins.js');

const ORIGINS = ['https://a.example', 'https://b.example', 'http://a.example', 'null', '*'];
const later = (value) => (_, done) => setImmediate(done, null, value);
const failing = (_, done) => done(new Error('no'));

const STATIC_FORMS = [
  undefined,
  '*',
  '',
  true,
  false,
  null,
  0,
  1,
  'https://a.example',
  ['https://a.example'],
  ['https://a.example', ['https://b.example']],
  ['*'],
  [],
  [true],
  [false, null],
  /^https:/,
  /a\.example$/g,
  ['https://b.example', /^http:\/\/a/],
];
const FORMS = [
  ...STATIC_FORMS.map((origin) => ({ origin })),
  ...STATIC_FORMS.map((origin) => ({ origin: later(origin) })),
  { origin: (origin, done) => done(null, origin === 'https://a.example') },
  { origin: failing },
  {},
  { credentials: true },
  true,
  ...STATIC_FORMS.map((origin) => later({ origin })),
  later({ origin: later(['https://a.example']) }),
  later(undefined),
  failing,
];

/** Whether a browser would let a page of this origin read the answer. */
const corsAllows = (option, origin) =>
  new Promise((resolve) => {
    const headers = {};
    const res = {
      setHeader: (name, value) => (headers[name.toLowerCase()] = value),
      getHeader: (name) => headers[name.toLowerCase()],
    };
    cors(option)({ method: 'GET', headers: { origin } }, res, () => {
      const allowed = headers['access-control-allow-origin'];
      resolve(allowed === '*' || allowed === origin);
    });
  });

async function ruleAllows(option, origin) {
  const rule = originRule(option);
  if (rule === 'any') return true;
  if (Array.isArray(rule)) return rule.includes(origin);
  return rule({ headers: { origin } }, origin).catch(() => false);
}

const show = (value) =>
  JSON.stringify(value, (_, inner) =>
    typeof inner === 'function' || inner instanceof RegExp ? String(inner) : inner,
  ) ?? String(value);

describe('origins', { timeout: 120_000 }, () => {
  it('reads every form of the option as the package cors does', async () => {
    for (const option of FORMS) {
      // Twice: a pattern must not remember its last match.
      for (const origin of [...ORIGINS, ...ORIGINS]) {
        const expected = await corsAllows(option, origin);
        assert.equal(await ruleAllows(option, origin), expected, `${show(option)} for ${origin}`);
      }
    }
  });

  it('leaves lists to the engine, and asks JavaScript only where the application decides', () => {
    assert.deepEqual(originRule({ origin: ['https://a.example'] }), ['https://a.example']);
    assert.deepEqual(originRule({ origin: 'https://a.example' }), ['https://a.example']);
    assert.equal(originRule({}), 'any');
    assert.equal(originRule({ origin: [true] }), 'any');
    assert.equal(typeof originRule({ origin: /a/ }), 'function');
    assert.deepEqual(originRule(undefined), []);
  });

  it('asks the function of the application over WebSocket too', async () => {
    const app = await boot({
      socket: {
        serverOptions: {
          cors: {
            origin: (origin, done) => done(null, origin?.endsWith('.good.example') ?? false),
          },
        },
      },
      security: { checkOrigin: true },
    });
    try {
      const page = (origin) => ({ transports: ['websocket'], extraHeaders: { Origin: origin } });
      (await connect(app.url, page('https://www.good.example'))).close();
      await refused(app.url, page('https://www.bad.example'));
      (
        await connect(app.url, page(new URL(app.strapi.config.get('server.absoluteUrl')).origin))
      ).close();
      (await connect(app.url, { transports: ['websocket'] })).close();
    } finally {
      await app.close();
    }
  });
});
