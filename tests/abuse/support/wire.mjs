// WebSocket clients made of plain sockets: cheap for the attacker, and able to send what no library sends.
import net from 'node:net';

const OPEN_LIMIT = 15_000;

export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

/** A masked frame. The mask is zero, so the payload goes as it is. */
export function frame(payload, { opcode = OPCODES.text, final = true, rsv1 = false } = {}) {
  const body = Buffer.isBuffer(payload) ? payload : Buffer.from(payload);
  const first = (final ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcode;
  let head;
  if (body.length < 126) head = Buffer.from([first, 0x80 | body.length]);
  else if (body.length < 65_536) {
    head = Buffer.from([first, 0xfe, body.length >> 8, body.length & 255]);
  } else {
    head = Buffer.alloc(10);
    head[0] = first;
    head[1] = 0xff;
    head.writeBigUInt64BE(BigInt(body.length), 2);
  }
  return Buffer.concat([head, Buffer.alloc(4), body]);
}

/** `piece` again and again, as often as it fits into about `bytes`. */
export function repeated(piece, bytes = 64 * 1024) {
  return Buffer.concat(Array(Math.max(1, Math.floor(bytes / piece.length))).fill(piece));
}

export const upgradeHead = ({ query = '', headers = '' } = {}) =>
  `GET /socket.io/?EIO=4&transport=websocket${query} HTTP/1.1\r\nHost: localhost\r\n` +
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
  `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${headers}\r\n`;

export class RawSocket {
  ended = false;
  received = 0;
  /** The end of what came in: enough to find the last packets. */
  tail = '';
  #waiting = new Set();

  constructor(port, host = '127.0.0.1') {
    this.socket = net.connect({ port, host });
    this.socket.setNoDelay(true);
    this.socket.on('error', () => {});
    this.socket.on('data', (chunk) => {
      this.received += chunk.length;
      this.tail = (this.tail + chunk.subarray(-4096).toString('latin1')).slice(-8192);
      this.#wake();
    });
    this.socket.on('close', () => {
      this.ended = true;
      this.#wake();
    });
    this.socket.on('drain', () => this.#wake());
  }

  /** An open WebSocket session, without a namespace. */
  static async open(port, options) {
    const raw = new RawSocket(port);
    raw.write(upgradeHead(options));
    await raw.until(() => raw.tail.includes('0{"sid"'));
    return raw;
  }

  /** A session that has joined the main namespace. */
  static async joined(port, { auth = '', ...options } = {}) {
    const raw = await RawSocket.open(port, options);
    raw.write(frame(`40${auth}`));
    await raw.until(() => /4[04]\{"(sid|message)"/.test(raw.tail));
    if (/44\{"message"/.test(raw.tail)) throw new Error(`refused: ${raw.tail.slice(-200)}`);
    return raw;
  }

  get sid() {
    return /0\{"sid":"([^"]+)"/.exec(this.tail)?.[1];
  }

  write(bytes) {
    return this.socket.write(bytes);
  }

  /** Sends `chunk` again and again, as fast as the server takes it, until then or until the end. */
  async flood(chunk, until) {
    let sent = 0;
    while (!this.ended && this.socket.writable && Date.now() < until) {
      const flushed = this.write(chunk);
      sent += 1;
      if (!flushed) await this.until(() => this.socket.writableLength === 0, until).catch(() => {});
      // The socket has to be read, and others in this process have to get their turn.
      await new Promise(setImmediate);
    }
    return sent;
  }

  /** Resolves when the condition holds; rejects when the connection ends or the time is over. */
  until(condition, until = Date.now() + OPEN_LIMIT) {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (condition()) done(resolve);
        else if (this.ended) done(reject, new Error(`the connection ended: ${this.tail}`));
      };
      const timer = setTimeout(
        () => done(reject, new Error(`timed out: ${this.tail.slice(-200)}`)),
        Math.max(1, until - Date.now()),
      );
      const done = (settle, value) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        settle(value);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Resolves when the server has ended the connection: true; false if it did not in time. */
  async closedWithin(ms) {
    await this.until(() => this.ended, Date.now() + ms).catch(() => {});
    return this.ended;
  }

  destroy() {
    this.socket.destroy();
  }

  #wake() {
    for (const look of [...this.#waiting]) look();
  }
}

/** Runs `make` `count` times, some at a time; resolves with what did not fail. */
export async function several(count, make, { atATime = 50 } = {}) {
  const made = [];
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const index = next++;
      try {
        made.push(await make(index));
      } catch {
        // Refused or cut off: the attack goes on with the others.
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atATime, count) }, worker));
  return made;
}
