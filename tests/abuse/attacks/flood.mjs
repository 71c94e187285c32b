// The common shape of most attacks: some connections send the same bytes as fast as the server takes them.
import { RawSocket, several } from '../support/wire.mjs';

/**
 * `chunk`: what is sent again and again, which holds `perChunk` messages. `open` makes a connection. One that the server
 * ends is opened again if `reopen` is set. Resolves with what was sent.
 */
export async function flood(
  { port, seconds, connections = 1, reopen = false },
  chunk,
  { perChunk = 1, open = () => RawSocket.joined(port), read = true } = {},
) {
  const until = Date.now() + seconds * 1000;
  const total = { messages: 0, megabytes: 0, connections: 0, ended: 0 };
  await several(
    connections,
    async () => {
      do {
        const raw = await open().catch(() => null);
        if (raw === null) {
          await new Promise((resolve) => setTimeout(resolve, 50));
          continue;
        }
        total.connections += 1;
        if (!read) raw.socket.pause();
        const sent = await raw.flood(chunk, until);
        total.messages += sent * perChunk;
        total.megabytes += (sent * chunk.length) / 1e6;
        if (raw.ended || !raw.socket.writable) total.ended += 1;
        raw.destroy();
      } while (reopen && Date.now() < until);
    },
    { atATime: connections },
  );
  return total;
}
