// Compiled by ../types.test.mjs, never run. Each expected error is one which socket.io's own types give.
import { createServer } from 'node:http';
import {
  Namespace,
  Server,
  Socket,
  type BroadcastOperator,
  type RemoteSocket,
} from '@strapi-community/plugin-io/socket.io';

interface FromClient {
  hello: (name: string, answer: (length: number) => void) => void;
}
interface ToClient {
  noArg: () => void;
  withAck: (d: string, cb: (e: number) => void) => void;
}
interface BetweenServers {
  ping: (n: number) => void;
}
interface Data {
  name: string;
}

const io = new Server<FromClient, ToClient, BetweenServers, Data>(createServer(), {
  cors: { origin: '*' },
  maxOutboxBytes: 1024,
  logger: { error() {}, warn() {}, info() {}, debug() {} },
});

io.on('connection', (socket) => {
  const typed: Socket<FromClient, ToClient, BetweenServers, Data> = socket;
  typed.data.name = 'x';
  // @ts-expect-error a number is no name
  socket.data.name = 1;
  socket.on('hello', (name, answer) => answer(name.length));
  // @ts-expect-error clients send no such event
  socket.on('unknown', () => {});
  socket.emit('noArg');
  // @ts-expect-error an argument too many
  socket.emit('noArg', 1);
  void socket
    .timeout(1)
    .emitWithAck('withAck', 'd')
    .then((n: number) => n);
  socket.join(['a', 'b']);
});

io.emit('noArg');
// @ts-expect-error there is no such event
io.emit('nope');
io.serverSideEmit('ping', 1);
// @ts-expect-error a string is no number
io.serverSideEmit('ping', '1');
io.use((socket, next) => next(socket.data.name ? undefined : new Error('no')));

const nsp: Namespace<FromClient, ToClient, BetweenServers, Data> = io.of('/x');
const operator: BroadcastOperator<ToClient, Data> = nsp.to('r').except('s') as never;
void operator;
void io.fetchSockets().then((sockets: RemoteSocket<ToClient, Data>[]) => sockets[0]?.data.name);
void io.close();
void io.detach();

const untyped = new Server(3000);
untyped.on('connection', (socket) => {
  socket.on('anything', (...args: unknown[]) => args.length);
  socket.emit('anything', 1, 2, 3);
});
// @ts-expect-error a port is a number
new Server({ pingTimeout: 'soon' });
