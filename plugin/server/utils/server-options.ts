import type { Settings } from '../../shared/settings';
import type { ResolvedConfig } from '../config';
import type { SocketServerOptions } from '../types';

/** Socket.IO's options: those of the file as they are, the rest from the settings. */
export function serverOptions(
  { cors, connection }: Settings,
  { socket }: ResolvedConfig,
): SocketServerOptions {
  const recovery = socket?.serverOptions?.connectionStateRecovery;
  const origin = cors.origins.includes('*') ? '*' : cors.origins;
  return {
    // Browsers allow the POST of polling without being told.
    cors: { origin, methods: ['GET'] },
    pingTimeout: connection.pingTimeout,
    pingInterval: connection.pingInterval,
    connectTimeout: connection.connectionTimeout,
    ...socket?.serverOptions,
    // Earlier versions of the plugin served clients of Socket.IO 2.x; Socket.IO's own default is false.
    allowEIO3: socket?.serverOptions?.allowEIO3 ?? true,
    ...(recovery && {
      // A client that comes back is authenticated like any other: who it is may have changed.
      connectionStateRecovery: { ...recovery, skipMiddlewares: false },
    }),
  };
}
