// Very many clients at small cost: Socket.IO packets over bare WebSockets.
import { createRequire } from 'node:module';
import { root } from './plugin-root.mjs';

const { WebSocket } = createRequire(`${root}/package.json`)('ws');
const LIMIT = 60_000;
const AT_A_TIME = 250;

class RawClient {
  #acks = new Map();
  #id = 0;
  events = [];

  constructor(socket, auth) {
    this.socket = socket;
    this.connected = new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('closed')));
      socket.on('message', (data) => {
        const text = String(data);
        if (text.startsWith('0')) socket.send(`40${JSON.stringify(auth)}`);
        else if (text === '2') socket.send('3');
        else if (text.startsWith('40')) resolve(this);
        else if (text.startsWith('44')) reject(new Error(text));
        else if (text.startsWith('42')) this.events.push(JSON.parse(text.slice(2)));
        else if (text.startsWith('43')) this.#acknowledged(text.slice(2));
      });
    });
    this.closed = new Promise((resolve) => socket.once('close', resolve));
  }

  #acknowledged(text) {
    const [, id, args] = /^(\d+)(.*)$/s.exec(text);
    this.#acks.get(Number(id))?.(...JSON.parse(args));
  }

  emit(...args) {
    this.socket.send(`42${JSON.stringify(args)}`);
  }

  ask(...args) {
    const id = this.#id++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to ${args[0]}`)), LIMIT);
      this.#acks.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      this.socket.send(`42${id}${JSON.stringify(args)}`);
    });
  }

  close() {
    this.socket.close();
    return this.closed;
  }
}

/** Connects `count` clients; `auth(index)` is what each presents. */
export async function connectMany(url, count, auth) {
  const address = `${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`;
  const clients = [];
  for (let begin = 0; begin < count; begin += AT_A_TIME) {
    const some = Array.from(
      { length: Math.min(AT_A_TIME, count - begin) },
      (_, i) => new RawClient(new WebSocket(address), auth(begin + i)),
    );
    clients.push(...(await Promise.all(some.map(({ connected }) => connected))));
  }
  return clients;
}
