// The load generator, in a process of its own: raw sockets, so that it costs little beside the servers.
// Commands on stdin: `connect PORT COUNT [FILE]` (with one of the tokens of a JSON file each), `expect BYTES` (answered
// when that many more bytes came), `received`, `echo COUNT`, `rest PORT PATH SECONDS`, `quit`.
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const AT_A_TIME = 100;
/** Milliseconds between two REST requests: a trickle that measures and does not load. */
const REST_INTERVAL = 20;
/** A heartbeat of the server, and the answer that keeps the connection. */
const PING = Buffer.from([0x81, 0x01, 0x32]);
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const sockets = [];
let received = 0;
let wanted = Infinity;
let onEcho = () => {};

/** A masked text frame. The mask is zero: the payload goes as it is. */
function frame(text) {
  const payload = Buffer.from(text);
  const head =
    payload.length < 126
      ? Buffer.from([0x81, 0x80 | payload.length])
      : Buffer.from([0x81, 0xfe, payload.length >> 8, payload.length & 255]);
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}

const PONG = frame('3');

function open(port, token) {
  const join = token === undefined ? '40' : `40${JSON.stringify({ strategy: 'jwt', token })}`;
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    let joining = false;
    socket.once('error', reject);
    socket.write(
      'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    const onHandshake = (chunk) => {
      text += chunk.toString('latin1');
      if (!joining && text.includes('0{"sid"')) {
        joining = true;
        socket.write(frame(join));
      }
      if (!/40\{"sid":"[^"]+"\}/.test(text)) return;
      socket.off('data', onHandshake);
      socket.on('data', (bytes) => {
        received += bytes.length;
        if (bytes.includes(PING)) socket.write(PONG);
        if (received >= wanted) {
          wanted = Infinity;
          say({ received });
        }
        onEcho(socket, bytes);
      });
      sockets.push(socket);
      resolve();
    };
    socket.on('data', onHandshake);
  });
}

async function connectAll(port, count, file) {
  const tokens = file === undefined ? [] : JSON.parse(readFileSync(file, 'utf8'));
  const start = performance.now();
  let left = count;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      await open(port, tokens[left]);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  say({ connected: sockets.length, millis: performance.now() - start });
}

/** Every one of 50 clients keeps one acknowledged event in flight. */
async function echo(count) {
  let sent = 0;
  let done = 0;
  const message = frame('420["echo","ping"]');
  const start = performance.now();
  await new Promise((resolve) => {
    onEcho = (socket) => {
      done += 1;
      if (sent < count) {
        sent += 1;
        socket.write(message);
      } else if (done >= count) resolve();
    };
    for (const socket of sockets.slice(0, 50)) {
      sent += 1;
      socket.write(message);
    }
  });
  onEcho = () => {};
  say({ echoed: done, millis: performance.now() - start });
}

/** Milliseconds that requests took which were sent at a fixed pace, however slow the answers are. */
async function rest(port, path, seconds) {
  const agent = new Agent({ keepAlive: true });
  const times = [];
  const pending = [];
  const request = () =>
    new Promise((resolve, reject) => {
      const start = performance.now();
      get({ port, path, agent, host: '127.0.0.1' }, (answer) => {
        answer.resume().once('end', () => {
          if (answer.statusCode !== 200) reject(new Error(`${path} answered ${answer.statusCode}`));
          times.push(performance.now() - start);
          resolve();
        });
      }).once('error', reject);
    });
  const began = performance.now();
  for (let sent = 0; sent < (seconds * 1000) / REST_INTERVAL; sent += 1) {
    const early = began + sent * REST_INTERVAL - performance.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    pending.push(request());
  }
  await Promise.all(pending);
  agent.destroy();
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  say({ requests: times.length, p50: at(0.5), p99: at(0.99) });
}

for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...numbers] = line.split(' ');
  if (command === 'connect') await connectAll(Number(numbers[0]), Number(numbers[1]), numbers[2]);
  else if (command === 'rest') await rest(Number(numbers[0]), numbers[1], Number(numbers[2]));
  else if (command === 'received') say({ received });
  else if (command === 'echo') await echo(Number(numbers[0]));
  else if (command === 'expect') {
    wanted = received + Number(numbers[0]);
    say({ armed: true });
  } else process.exit(0);
}
