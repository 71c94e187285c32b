// A TCP proxy in front of a server of which a test may not stop the real one: it can be cut off, or fall silent.
import { once } from 'node:events';
import net from 'node:net';

/** Forwards to `{ host, port }` on a port of its own. */
export async function startProxy({ host, port }) {
  const sockets = new Set();
  let isSilent = false;
  let waiting = [];

  const forward = (client) => {
    const upstream = net.connect({ host, port });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ]) {
      sockets.add(from);
      if (isSilent) from.pause();
      from.on('error', () => {});
      from.on('data', (chunk) => to.write(chunk));
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  };
  // While it is silent, connections are taken and not served.
  const server = net.createServer({ pauseOnConnect: true }, (client) => {
    client.on('error', () => {});
    if (isSilent) {
      waiting.push(client);
      return;
    }
    forward(client);
    client.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: own } = server.address();

  const cut = async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of [...sockets, ...waiting]) socket.destroy();
    waiting = [];
    await closed;
  };

  return {
    host: '127.0.0.1',
    port: own,
    /** Ends all connections and refuses new ones, as a server that has stopped. */
    cut,
    /** Keeps all connections and says nothing any more, as a server that hangs. */
    silence() {
      isSilent = true;
      for (const socket of sockets) socket.pause();
    },
    /** Ends `cut` or `silence`. */
    async restore() {
      if (!server.listening) {
        server.listen(own, '127.0.0.1');
        await once(server, 'listening');
      }
      isSilent = false;
      for (const socket of sockets) socket.resume();
      for (const client of waiting.splice(0)) {
        forward(client);
        client.resume();
      }
    },
    async close() {
      if (server.listening) await cut();
    },
  };
}
