// The load generator, in a process of its own: raw sockets, so that it costs little beside the servers.
// Commands on stdin: `connect PORT COUNT`, `expect BYTES` (answered when that many more bytes came), `echo COUNT`, `quit`.
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const AT_A_TIME = 100;
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

function open(port) {
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
        socket.write(frame('40'));
      }
      if (!/40\{"sid":"[^"]+"\}/.test(text)) return;
      socket.off('data', onHandshake);
      socket.on('data', (bytes) => {
        received += bytes.length;
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

async function connectAll(port, count) {
  const start = performance.now();
  let left = count;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      await open(port);
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

for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...numbers] = line.split(' ');
  if (command === 'connect') await connectAll(...numbers.map(Number));
  else if (command === 'echo') await echo(Number(numbers[0]));
  else if (command === 'expect') {
    wanted = received + Number(numbers[0]);
    say({ armed: true });
  } else process.exit(0);
}
