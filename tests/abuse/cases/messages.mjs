// Floods of Socket.IO messages.
const big = { connections: 2, seconds: 2, bytes: 990_000 };
/**
 * MB that such messages may take. A parsed one is twenty times as large, and V8 lets garbage grow with the heap: from 8
 * connections as far as from 50.
 */
const taken = 600;
const bigLong = { ...big, connections: 8, seconds: 10 };

export const messages = [
  ...['objects', 'keys', 'strings', 'deep', 'escapes'].map((shape) => ({
    name: `1 MB events of ${shape}, no handler`,
    attack: ['messages', 'bigEvents'],
    short: shape === 'objects' ? { ...big, shape, event: 'x' } : null,
    long: { ...bigLong, shape, event: 'x' },
    taken,
  })),
  {
    name: '1 MB events of objects, with a handler and an acknowledgement',
    attack: ['messages', 'bigEvents'],
    short: { ...big, shape: 'objects', event: 'echo', ack: 1 },
    long: { ...bigLong, shape: 'objects', event: 'echo', ack: 1 },
    taken,
  },
  {
    name: '1 MB events from 50 connections',
    attack: ['messages', 'bigEvents'],
    short: null,
    long: { ...bigLong, connections: 50, shape: 'objects', event: 'x' },
    taken,
  },
  {
    name: 'small events without a handler',
    attack: ['messages', 'smallEvents'],
    short: null,
    long: { connections: 20, seconds: 10 },
  },
  {
    name: 'small events with a handler and an acknowledgement',
    attack: ['messages', 'smallEvents'],
    short: { connections: 4, seconds: 1.5, text: '421["echo"]' },
    long: { connections: 20, seconds: 10, text: '421["echo"]' },
  },
  {
    name: 'acknowledgements nobody asked for',
    attack: ['messages', 'smallEvents'],
    short: null,
    long: { connections: 20, seconds: 10, text: '4399999[1]' },
  },
  {
    name: 'names that mean something to JavaScript, deep JSON, packets that are none',
    attack: ['messages', 'oddities'],
    short: { seconds: 1 },
    long: { seconds: 10 },
  },
];
