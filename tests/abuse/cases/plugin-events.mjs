// Floods of what the plugin answers itself.
import { setTimeout as wait } from 'node:timers/promises';

const NOTE = 'api::note.note';
const ROOMS_LIMIT = 15_000;

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
      // The attackers are gone, and their rooms go with them as the server notices.
      const until = Date.now() + ROOMS_LIMIT;
      for (;;) {
        const { rooms } = await target.ask('state');
        if (rooms <= 100) return [];
        if (Date.now() > until) return [`${rooms} rooms were left`];
        await wait(250);
      }
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
