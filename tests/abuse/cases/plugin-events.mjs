// Floods of what the plugin answers itself.
const NOTE = 'api::note.note';

export const pluginEvents = [
  {
    name: 'get-rooms flood',
    attack: ['messages', 'requests'],
    short: null,
    long: { connections: 50, seconds: 10, event: 'get-rooms' },
    peer: false,
  },
  {
    name: 'join-room flood, a new room each time',
    attack: ['messages', 'names'],
    short: { connections: 5, seconds: 1.5, event: 'join-room' },
    long: { connections: 50, seconds: 10, event: 'join-room' },
    peer: false,
    async check(_, target) {
      const { rooms } = await target.ask('state');
      // The attackers are gone, and their rooms with them.
      return rooms > 100 ? [`${rooms} rooms were left`] : [];
    },
  },
  {
    name: 'subscribe-entity flood, a new entity each time',
    attack: ['messages', 'names'],
    short: { connections: 5, seconds: 1.5, event: 'subscribe-entity', uid: NOTE },
    long: { connections: 50, seconds: 10, event: 'subscribe-entity', uid: NOTE },
    peer: false,
  },
  {
    name: 'private-message flood to one socket',
    attack: ['messages', 'privateMessages'],
    short: { connections: 5, seconds: 1.5, bytes: 9000 },
    long: { connections: 50, seconds: 10, bytes: 9000 },
    peer: false,
    // What waits for the recipient is bounded, and goes with it.
    settle: 40_000,
  },
];
