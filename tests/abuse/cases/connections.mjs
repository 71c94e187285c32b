// Floods of connections and of CONNECT packets, and connections that do nothing for long.
const guesses = (strategy) => ({
  name: `CONNECT packets with guessed ${strategy} tokens`,
  attack: ['connections', 'tokenGuesses'],
  short: strategy === 'api-token' ? { connections: 2, seconds: 1.5, strategy } : null,
  long: { connections: 20, seconds: 10, strategy },
  peer: false,
  settle: 40_000,
});

export const connections = [
  guesses('jwt'),
  guesses('api-token'),
  guesses('admin-jwt'),
  {
    name: 'CONNECT packets to namespaces that do not exist',
    attack: ['connections', 'namespaces'],
    short: { connections: 2, seconds: 1.5 },
    long: { connections: 20, seconds: 10 },
  },
  {
    name: 'joining and leaving the main namespace',
    attack: ['connections', 'joinsAndLeaves'],
    short: null,
    long: { connections: 20, seconds: 10 },
  },
  {
    name: 'slow readers',
    attack: ['connections', 'slowReaders'],
    short: { connections: 50, seconds: 4 },
    long: { connections: 500, seconds: 20 },
  },
  {
    name: 'half-open connections',
    attack: ['connections', 'halfOpen'],
    short: { connections: 100, seconds: 1.5 },
    // Longer than a connection without a namespace lives.
    long: { connections: 2000, seconds: 50 },
    settle: 90_000,
    peer: false,
  },
  {
    name: 'messages in fragments that are never finished',
    attack: ['connections', 'unfinished'],
    short: { connections: 150, seconds: 1.5, kind: 'fragments' },
    long: { connections: 1000, seconds: 20, kind: 'fragments' },
    // Above all, it is returned.
    kept: { rss: 80 },
    taken: 1200,
  },
  {
    name: 'frames that are never finished',
    attack: ['connections', 'unfinished'],
    short: null,
    long: { connections: 1000, seconds: 20, kind: 'frame' },
  },
  {
    name: 'attachments that never come',
    attack: ['connections', 'unfinished'],
    short: { connections: 20, seconds: 1.5, kind: 'attachments' },
    long: { connections: 200, seconds: 20, kind: 'attachments' },
  },
  {
    name: 'connections that come and go',
    attack: ['connections', 'comeAndGo'],
    short: { count: 2000 },
    long: { count: 50_000 },
    kept: { rss: 80 },
  },
  {
    name: '10,000 idle connections',
    attack: ['connections', 'idle'],
    short: null,
    long: { connections: 10_000, seconds: 150 },
    // Each note is an event for all of them.
    victims: { restEvery: 2000 },
    peer: false,
    check: ({ sent }) => (sent.open < sent.connections ? [`only ${sent.open} stayed`] : []),
  },
];
