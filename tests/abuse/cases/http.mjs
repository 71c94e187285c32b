// Long-polling, and requests that are slow, huge or unfinished.
const MB = 990_000;

export const http = [
  {
    name: 'polling bodies of 495,000 pongs',
    attack: ['http', 'bodies'],
    short: { connections: 2, seconds: 1.5, packet: '3' },
    long: { connections: 20, seconds: 10, packet: '3' },
    kept: { rss: 100 },
  },
  {
    name: 'polling bodies of 110,000 events',
    attack: ['http', 'bodies'],
    short: null,
    long: { connections: 20, seconds: 10, packet: '42["x"]' },
  },
  {
    name: 'polling bodies of empty messages',
    attack: ['http', 'bodies'],
    short: null,
    long: { connections: 20, seconds: 10, packet: '4' },
  },
  {
    name: 'many bodies on one session',
    attack: ['http', 'overlappingBodies'],
    short: { connections: 100, seconds: 3, bytes: MB },
    long: { connections: 800, seconds: 15, bytes: MB },
  },
  {
    name: 'one unfinished body on each of many sessions',
    attack: ['http', 'overlappingBodies'],
    short: { connections: 100, sessions: 100, seconds: 3, bytes: MB },
    long: { connections: 800, sessions: 800, seconds: 20, bytes: MB },
    settle: 60_000,
  },
  {
    name: 'request heads sent byte by byte',
    attack: ['http', 'slow'],
    short: null,
    // Longer than Node.js waits for a head.
    long: { connections: 2000, seconds: 65 },
    settle: 90_000,
    peer: false,
  },
  {
    name: 'bodies sent byte by byte',
    attack: ['http', 'slow'],
    short: null,
    long: { connections: 1000, seconds: 40, body: true },
    settle: 90_000,
    peer: false,
  },
  {
    name: 'huge, odd and broken request heads',
    attack: ['http', 'heads'],
    short: { seconds: 1 },
    long: { seconds: 10 },
  },
  {
    name: 'upgrades begun and not finished',
    attack: ['http', 'halfUpgrades'],
    short: null,
    long: { connections: 1000, seconds: 20 },
  },
  {
    name: 'clients that vanish in the middle of an upgrade',
    attack: ['http', 'halfUpgrades'],
    short: { connections: 100, seconds: 1, vanish: true },
    long: { connections: 2000, seconds: 10, vanish: true },
  },
  {
    name: 'polling sessions opened and left',
    attack: ['http', 'sessions'],
    short: null,
    long: { connections: 50, seconds: 10 },
    settle: 120_000,
  },
];
