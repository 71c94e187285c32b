// Attacks by admins who are logged in: floods of the events of presence.
import { RawSocket, frame } from '../support/wire.mjs';

/** The texts that an attack repeats, for the attacker and the packet with this number. */
const kinds = {
  /** A new document each time. */
  joins: (uid, index) => [`421["presence:join",{"uid":"${uid}","documentId":"flood-${index}"}]`],
  /** Where others edit. */
  comings: (uid, _, documentId) => [
    `421["presence:join",{"uid":"${uid}","documentId":"${documentId}"}]`,
    `422["presence:leave",{"uid":"${uid}","documentId":"${documentId}"}]`,
  ],
  typing: (uid, index, documentId) => [
    `42["presence:typing",{"uid":"${uid}","documentId":"${documentId}","fieldName":"f${index % 50}"}]`,
  ],
  heartbeats: () => ['421["presence:heartbeat"]', '422["session:renew",{}]'],
};

/**
 * `tokens`: session tokens of admins, each of which is good for a few connections. `documentId`: what honest admins edit.
 */
export async function flood({ port, seconds, connections, tokens, kind, uid, documentId }) {
  const until = Date.now() + seconds * 1000;
  const total = { messages: 0, connections: 0, ended: 0 };
  const run = async (index) => {
    const token = tokens[index % tokens.length];
    const auth = JSON.stringify({ strategy: 'admin-jwt', token, isAdmin: true });
    const raw = await RawSocket.joined(port, { auth });
    total.connections += 1;
    raw.write(frame(`420["presence:join",{"uid":"${uid}","documentId":"${documentId}"}]`));
    let number = index * 1e9;
    while (!raw.ended && Date.now() < until) {
      const texts = Array.from({ length: 100 }, () =>
        kinds[kind](uid, (number += 1), documentId),
      ).flat();
      total.messages += texts.length;
      // One chunk, then the others have their turn.
      await raw.flood(Buffer.concat(texts.map((text) => frame(text))), Date.now() + 1);
    }
    if (raw.ended) total.ended += 1;
    raw.destroy();
  };
  await Promise.all(Array.from({ length: connections }, (_, index) => run(index)));
  return total;
}
