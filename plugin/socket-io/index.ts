/** A server for Socket.IO clients, to be used in place of the npm package `socket.io`. */
import { Namespace, Socket } from 'socket.io';
import type { ServerOptions } from './options';
import { Server } from './server';
import { BroadcastOperator, RemoteSocket } from './upstream';

export { BroadcastOperator, Namespace, RemoteSocket, Server, Socket };
export type { Logger } from './logger';
export type { ServerOptions };
export type { DefaultEventsMap, DisconnectReason, Event, ExtendedError } from 'socket.io';

type ServerArguments = ConstructorParameters<typeof Server>;

// `require('socket.io')(httpServer)`: the module itself makes a server, as socket.io's does.
module.exports = Object.assign(
  (...args: ServerArguments) => new Server(...args),
  module.exports as object,
);
