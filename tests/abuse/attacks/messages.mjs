// Attacks with Socket.IO messages over WebSocket.
import { OPCODES, RawSocket, frame, repeated, several } from '../support/wire.mjs';
import { flood } from './flood.mjs';

/** JSON of about so many bytes, by what it is made of. */
const shapes = {
  objects: (bytes) =>
    `[${Array(Math.floor(bytes / 3))
      .fill('{}')
      .join()}]`,
  arrays: (bytes) =>
    `[${Array(Math.floor(bytes / 3))
      .fill('[]')
      .join()}]`,
  keys: (bytes) =>
    `{${Array.from({ length: Math.floor(bytes / 12) }, (_, i) => `"k${i}":{}`).join()}}`,
  strings: (bytes) =>
    `[${Array(Math.floor(bytes / 3))
      .fill('""')
      .join()}]`,
  numbers: (bytes) =>
    `[${Array(Math.floor(bytes / 4))
      .fill('1.5')
      .join()}]`,
  deep: (bytes) => '['.repeat(bytes / 2) + ']'.repeat(bytes / 2),
  escapes: (bytes) => `"${'\\u0000'.repeat(bytes / 6)}"`,
};

/** Large events. `event`: whether anybody listens is the server's choice. */
export function bigEvents({ shape, bytes, event, ack = '', ...options }) {
  const message = frame(`42${ack}["${event}",${shapes[shape](bytes)}]`);
  return flood(options, message);
}

/** Events as small as they can be, many in one write. */
export function smallEvents({ text = '42["x"]', ...options }) {
  const piece = frame(text);
  const chunk = repeated(piece);
  return flood(options, chunk, { perChunk: chunk.length / piece.length });
}

/** One text after the other, in a single write. */
export function texts({ list, ...options }) {
  const chunk = Buffer.concat(list.map((text) => frame(text)));
  return flood(options, chunk, { perChunk: list.length });
}

/** Requests of the plugin's own events, each with an acknowledgement, the answers not read if `read` is false. */
export function requests({ port, seconds, connections, event, payload, read = true }) {
  const text = payload === undefined ? '' : `,${JSON.stringify(payload)}`;
  const piece = frame(`421["${event}"${text}]`);
  const chunk = repeated(piece);
  return flood({ port, seconds, connections }, chunk, {
    perChunk: chunk.length / piece.length,
    read,
  });
}

/** Names that are new each time: rooms to join, entities to subscribe to. */
export async function names({ port, seconds, connections, event, uid }) {
  let count = 0;
  const name = () => `n${(count += 1)}`;
  const payload = () => (uid === undefined ? `"${name()}"` : `{"uid":"${uid}","id":"${name()}"}`);
  const chunk = () =>
    Buffer.concat(Array.from({ length: 200 }, () => frame(`421["${event}",${payload()}]`)));
  const until = Date.now() + seconds * 1000;
  const run = async () => {
    const raw = await RawSocket.joined(port);
    while (!raw.ended && Date.now() < until) await raw.flood(chunk(), Date.now() + 1);
    raw.destroy();
  };
  await Promise.all(Array.from({ length: connections }, run));
  return { messages: count };
}

/** Private messages to a socket that exists. */
export async function privateMessages({ port, seconds, connections, bytes }) {
  const recipient = await RawSocket.joined(port);
  const to = /40\{"sid":"([^"]+)"/.exec(recipient.tail)[1];
  const message = 'm'.repeat(bytes);
  const sent = await requests({
    port,
    seconds,
    connections,
    event: 'private-message',
    payload: { to, message },
  });
  return { ...sent, received: recipient.received / 1e6, recipientLost: recipient.ended };
}

/** Names that mean something to JavaScript, and packets that are none. */
export async function oddities({ port, seconds }) {
  const oddNames = [
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'error',
    'newListener',
  ];
  const list = [
    ...oddNames.flatMap((name) => [
      `42["${name}",{"a":1}]`,
      `421["join-room","${name}"]`,
      `422["subscribe-entity",{"uid":"${name}","id":"${name}"}]`,
      `423["echo",{"${name}":{"polluted":true}}]`,
      `40/${name},`,
      `43${name}[1]`,
    ]),
    '424["echo",{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}]',
    '42[1]',
    '42[null]',
    '42[{}]',
    '4299999999999999999999999["echo",1]',
    '4399999999999999999999999[1]',
    '451-["echo",{"_placeholder":true,"num":0}]',
    '451-["echo",{"_placeholder":true,"num":-1}]',
    '459999999999-["echo",{"_placeholder":true,"num":0}]',
    '450-["echo",{"_placeholder":true,"num":"__proto__"}]',
    `42["echo",${'['.repeat(200_000)}${']'.repeat(200_000)}]`,
    `425["echo",${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}]`,
    `451-["echo",${'['.repeat(100_000)}{"_placeholder":true,"num":0}${']'.repeat(100_000)}]`,
    `40/${'n'.repeat(900_000)},`,
    '44{"message":"x"}',
    '41',
    '4',
    '47',
    '6',
    '9',
    '',
  ];
  const until = Date.now() + seconds * 1000;
  let messages = 0;
  do {
    await several(list.length, async (index) => {
      const raw = await RawSocket.joined(port);
      raw.write(frame(list[index]));
      raw.write(frame(Buffer.from('an attachment'), { opcode: OPCODES.binary }));
      raw.write(frame('429["echo","still there?"]'));
      // Answered, ended, or waiting for more attachments: each is right.
      await raw.until(() => raw.tail.includes('439['), Date.now() + 1500).catch(() => {});
      raw.destroy();
      messages += 1;
    });
  } while (Date.now() < until);
  return { messages };
}
