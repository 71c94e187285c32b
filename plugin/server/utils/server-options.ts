import type { Settings } from '../../shared/settings';
import type { ResolvedConfig } from '../config';
import { readCors } from '../config/cors';
import type { SocketServerOptions } from '../types';

/** Socket.IO's options: those of the file as they are, the rest from the settings. */
export function serverOptions(
  { cors, connection }: Settings,
  { socket }: ResolvedConfig,
): SocketServerOptions {
  // What is undefined there, as an environment variable that is not set, is the settings' again.
  const given = Object.fromEntries(
    Object.entries(socket?.serverOptions ?? {}).filter(([, value]) => value !== undefined),
  ) as SocketServerOptions;
  const recovery = given.connectionStateRecovery;
  const origin = cors.origins.includes('*') ? '*' : cors.origins;
  const file = readCors(given.cors);
  return {
    // Browsers allow the POST of polling without being told.
    cors: { origin, methods: ['GET'] },
    pingTimeout: connection.pingTimeout,
    pingInterval: connection.pingInterval,
    connectTimeout: connection.connectionTimeout,
    ...given,
    // Earlier versions of the plugin served clients of Socket.IO 2.x; Socket.IO's own default is false.
    allowEIO3: given.allowEIO3 ?? true,
    ...(given.cors !== undefined && {
      cors: (file.leavesOrigin
        ? { ...(file.options as object), origin }
        : file.options) as SocketServerOptions['cors'],
    }),
    ...(recovery && {
      // A client that comes back is authenticated like any other: who it is may have changed.
      connectionStateRecovery: { ...recovery, skipMiddlewares: false },
    }),
  };
}
