import type { Settings } from '../../shared/settings';
import type { ResolvedConfig } from '../config';
import { leavesOrigin, withoutUnsetOrigins } from '../config/passed-by';
import type { SocketServerOptions } from '../types';

/** Socket.IO's options: those of the file as they are, the rest from the settings. */
export function serverOptions(
  { cors, connection }: Settings,
  { socket }: ResolvedConfig,
): SocketServerOptions {
  const recovery = socket?.serverOptions?.connectionStateRecovery;
  const origin = cors.origins.includes('*') ? '*' : cors.origins;
  const fileCors = socket?.serverOptions?.cors;
  return {
    // Browsers allow the POST of polling without being told.
    cors: { origin, methods: ['GET'] },
    pingTimeout: connection.pingTimeout,
    pingInterval: connection.pingInterval,
    connectTimeout: connection.connectionTimeout,
    ...socket?.serverOptions,
    // Earlier versions of the plugin served clients of Socket.IO 2.x; Socket.IO's own default is false.
    allowEIO3: socket?.serverOptions?.allowEIO3 ?? true,
    ...(fileCors !== undefined && {
      cors: leavesOrigin(fileCors)
        ? { ...fileCors, origin }
        : (withoutUnsetOrigins(fileCors) as SocketServerOptions['cors']),
    }),
    ...(recovery && {
      // A client that comes back is authenticated like any other: who it is may have changed.
      connectionStateRecovery: { ...recovery, skipMiddlewares: false },
    }),
  };
}
