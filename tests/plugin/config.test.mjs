import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { boot } from './support/app.mjs';
import { connect } from './support/client.mjs';
import { loadPlugin } from './support/plugin-root.mjs';

const { validator } = loadPlugin().config;
const noop = () => {};
const ACTIONS = 'create, update, delete, publish, unpublish';

describe('the configuration', () => {
  const accepted = [
    ['nothing', undefined],
    ['an empty one', {}],
    [
      'all options',
      {
        contentTypes: [
          'api::a.a',
          { uid: 'api::b.b', actions: ['create', 'publish'], eventPrefix: 'b', populate: '*' },
          { uid: 'api::c.c', populate: true, onlyPublished: false },
          { uid: 'api::d.d', populate: ['author'] },
          { uid: 'api::e.e', populate: { author: { fields: ['name'] } } },
        ],
        socket: {
          serverOptions: {
            cors: { origin: '*', methods: ['GET', 'POST'], credentials: true },
            path: '/api/realtime',
            transports: ['websocket'],
            pingTimeout: 60000,
            pingInterval: 25000,
            upgradeTimeout: 10000,
            maxHttpBufferSize: 1e6,
          },
        },
        events: [{ name: 'connection', handler: noop }],
        hooks: { init: noop },
        sensitiveFields: ['ssn'],
        allowedFields: ['hashtags'],
        onlyPublished: false,
        security: {
          requireAuthentication: true,
          rateLimit: { enabled: true, maxEventsPerSecond: 10, maxConnectionsPerIp: 50 },
          ipWhitelist: ['192.168.1.0/24'],
          ipBlacklist: ['203.0.113.50'],
        },
        eventPermission: 'action',
      },
    ],
    [
      'no actions and no hook',
      { contentTypes: [{ uid: 'a', actions: [] }], hooks: { init: null } },
    ],
    ['no hooks', { hooks: null }],
    ['`enabled` beside the options', { enabled: true }],
    ['an option Socket.IO does not have', { socket: { serverOptions: { pingTimeot: 1 } } }],
    ['a transport that is not set', { socket: { serverOptions: { transports: [undefined] } } }],
    ['no adapter and no parser', { socket: { serverOptions: { adapter: null, parser: null } } }],
    ['a transport there is not', { socket: { serverOptions: { transports: ['webtransport'] } } }],
  ];
  for (const [name, config] of accepted) {
    it(`accepts ${name}`, () => validator(config));
  }

  const type = (rest) => ({ contentTypes: ['api::a.a', { uid: 'api::b.b', ...rest }] });
  const options = (serverOptions) => ({ socket: { serverOptions } });
  const refused = [
    [type({ actions: ['craete'] }), `contentTypes[1].actions[0] "craete" is not one of ${ACTIONS}`],
    [type({ actions: 'create' }), 'contentTypes[1].actions "create" is not an array'],
    [
      type({ action: ['create'] }),
      'contentTypes[1] has an unknown key "action": did you mean "actions"? ' +
        '(allowed: uid, actions, eventPrefix, populate, onlyPublished)',
    ],
    [
      type({ populate: 'author' }),
      'contentTypes[1].populate "author" is not one of \'*\', true, an array of relation names, ' +
        'a populate object',
    ],
    [{ contentTypes: 'api::a.a' }, 'contentTypes "api::a.a" is not an array'],
    [{ contentTypes: [42] }, 'contentTypes[0] 42 is not a uid or an object'],
    [{ contentTypes: [{}] }, 'contentTypes[0].uid is missing: expected a string'],
    [
      { contentType: [] },
      'config has an unknown key "contentType": did you mean "contentTypes"? (allowed: ' +
        'enabled, contentTypes, socket, events, hooks, sensitiveFields, allowedFields, onlyPublished, ' +
        'security, payloadFormat, eventPermission, debounce, cors, connection, rooms, entitySubscriptions, ' +
        'rolePermissions, redis, namespaces, monitoring, presence)',
    ],
    [{ contentTypes: [''] }, 'contentTypes[0].uid is empty'],
    [
      { events: [{ name: 'newListener', handler() {} }] },
      'events[0].name "newListener" is a name that Socket.IO keeps for itself',
    ],
    [{ debounce: 1e12 }, 'debounce 1000000000000 is more than 2147483647'],
    [{ events: [{ name: 'x' }] }, 'events[0].handler is missing: expected a function'],
    [{ events: [{ name: 'x', handler: 'y' }] }, 'events[0].handler "y" is not a function'],
    [{ hooks: { init: true } }, 'hooks.init true is not a function'],
    [{ sensitiveFields: [''] }, 'sensitiveFields[0] "" is empty'],
    [{ eventPermission: 'write' }, 'eventPermission "write" is not one of read, action'],
    [{ enabled: 'yes' }, 'enabled "yes" is not a boolean'],
    [{ onlyPublished: 'yes' }, 'onlyPublished "yes" is not a boolean'],
    [
      options({ path: 'socket.io' }),
      'socket.serverOptions.path "socket.io" does not start with "/"',
    ],
    [
      options({ transports: 'websocket' }),
      'socket.serverOptions.transports "websocket" is not an array',
    ],
    [options({ path: '/a b' }), 'socket.serverOptions.path "/a b" holds a space, "?" or "#"'],
    [
      options({ path: '/' }),
      'socket.serverOptions.path "/" is the root: Strapi could not answer requests any more',
    ],
    [options({ adapter: 'redis' }), 'socket.serverOptions.adapter "redis" is not a function'],
    [
      options({ parser: {} }),
      'socket.serverOptions.parser {} is not an object with an Encoder and a Decoder',
    ],
    [
      options({ cors: { origin: 5 } }),
      'socket.serverOptions.cors.origin 5 is not an origin, a pattern, a list of these, a boolean or a function',
    ],
    [options({ threads: 65 }), 'socket.serverOptions.threads 65 is more than 64'],
    [options({ pingTimeout: -1 }), 'socket.serverOptions.pingTimeout -1 is less than 1'],
    [options({ pingTimeout: '1s' }), 'socket.serverOptions.pingTimeout "1s" is not a number'],
    [options({ pingTimeout: 1.5 }), 'socket.serverOptions.pingTimeout 1.5 is not an integer'],
    [
      { security: { rateLimit: { maxEventsPerSecond: -1 } } },
      'security.rateLimit.maxEventsPerSecond -1 is less than 0',
    ],
    [
      { security: { ipBlacklist: ['10.0.0.256'] } },
      'security.ipBlacklist[0] "10.0.0.256" is neither an IP address nor a network like ' +
        '10.0.0.0/8 or 2001:db8::/32',
    ],
    [
      { monitoring: { maxEventLogSize: 1e9 } },
      'monitoring.maxEventLogSize 1000000000 is more than 10000',
    ],
    [{ security: { ipWhitelist: '10.0.0.1' } }, 'security.ipWhitelist "10.0.0.1" is not an array'],
    [[], 'config [] is not an object'],
  ];
  for (const [config, message] of refused) {
    it(`refuses: ${message}`, () => {
      assert.throws(() => validator(config), { message: `plugin io: ${message}` });
    });
  }

  it('names every problem', () => {
    assert.throws(() => validator({ onlyPublished: 1, eventPermission: 2 }), {
      message:
        'plugin io: onlyPublished 1 is not a boolean\n' +
        'plugin io: eventPermission 2 is not one of read, action',
    });
  });

  it('stops the boot when it is wrong', { timeout: 60_000 }, async () => {
    await assert.rejects(boot({ contentTypes: [{ uid: 'api::note.note', actions: ['craete'] }] }), {
      message: `Error regarding io config: plugin io: contentTypes[0].actions[0] "craete" is not one of ${ACTIONS}`,
    });
  });

  it('stops the boot where Socket.IO would take the requests of Strapi', async (t) => {
    for (const path of ['/api', '/admin/']) {
      await assert.rejects(boot({ socket: { serverOptions: { path } } }), {
        message: `plugin io: socket.serverOptions.path "${path}" is where Strapi answers requests (${path.replace(/\/$/, '')}): choose another, such as /socket.io`,
      });
    }
    const app = await boot({ socket: { serverOptions: { path: '/api/live' } } });
    t.after(() => app.close());
    (await connect(app.url, { path: '/api/live' })).close();
    assert.equal((await app.rest('GET', 'notes')).status, 403);
  });

  it('takes the last one of a content type that is listed twice, and says so', async (t) => {
    const app = await boot({
      contentTypes: ['api::note.note', { uid: 'api::note.note', actions: ['delete'] }],
    });
    t.after(() => app.close());
    const { create, delete: deleted } = app.strapi.$ioSettings.contentTypes['api::note.note'];
    assert.deepEqual([create, deleted], [false, true]);
    const [{ text }] = app.log.filter(({ level }) => level === 'warn');
    assert.equal(
      text,
      'plugin io: contentTypes[1] "api::note.note" takes the place of contentTypes[0], which is the same content type',
    );
  });
});
