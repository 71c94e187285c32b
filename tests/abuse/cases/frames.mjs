// Floods of frames and control packets.
const short = { connections: 4, seconds: 2 };
const long = { connections: 20, seconds: 10 };
/** Victims that are lost soon if nobody hears their heartbeats. */
const impatient = { pingInterval: 500, pingTimeout: 1500 };

export const frames = [
  {
    name: 'pongs nobody asked for',
    attack: ['frames', 'pongs'],
    short,
    long,
    kept: { rss: 60 },
    taken: 200,
  },
  {
    name: '6-byte pings of WebSocket, victims with short timeouts',
    attack: ['frames', 'pings'],
    server: { config: { socket: { serverOptions: impatient } } },
    peerServer: impatient,
    short: { connections: 4, seconds: 3 },
    long: { connections: 20, seconds: 10 },
    victims: { clients: 20 },
  },
  {
    name: 'pings of 125 bytes whose answers are not read',
    attack: ['frames', 'pings'],
    short: { ...short, bytes: 125, read: false },
    long: { ...long, bytes: 125, read: false },
  },
  { name: 'pongs of WebSocket', attack: ['frames', 'controlPongs'], short: null, long },
  { name: 'noop packets', attack: ['frames', 'noops'], short: null, long },
  {
    name: 'a message in empty fragments',
    attack: ['frames', 'fragments'],
    short: { ...short, bytes: 0 },
    long: { ...long, bytes: 0 },
  },
  {
    name: 'a message in fragments of one byte',
    attack: ['frames', 'fragments'],
    short: null,
    long: { ...long, bytes: 1 },
  },
  {
    name: 'frames that RFC 6455 forbids',
    attack: ['frames', 'illegalFrames'],
    short: {},
    long: {},
    check: ({ sent }) => sent.survived.map((name) => `not ended by: ${name}`),
    // `ws` takes lengths that are not minimal.
    peer: false,
  },
];
