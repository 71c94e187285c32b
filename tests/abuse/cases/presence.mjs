// Floods of presence by admins who are logged in, beside honest ones in the same document.
import { startEditors } from '../support/editors.mjs';

const NOTE = 'api::note.note';

const flood = (kind, what) => ({
  name: `presence flood: ${what}`,
  attack: ['presence', 'flood'],
  short: kind === 'joins' ? { connections: 4, seconds: 1.5, kind, uid: NOTE } : null,
  // A token is good for ten connections.
  long: { connections: 30, seconds: 10, kind, uid: NOTE },
  peer: false,
  async prepare(target, { connections }) {
    const { documentId } = target;
    const tokens = [];
    while (tokens.length * 10 < connections) tokens.push(await target.ask('admin'));
    const editors = await startEditors(target, { uid: NOTE, documentId });
    return { parameters: { tokens, documentId }, stop: () => editors.stop() };
  },
});

export const presence = [
  flood('joins', 'a new document each time'),
  flood('comings', 'joining and leaving where others edit'),
  flood('typing', 'typing where others edit'),
  flood('heartbeats', 'heartbeats and renewals of the session'),
];
