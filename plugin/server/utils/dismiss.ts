import type { ServiceContext, SocketIOSocket } from '../types';
import { getService } from './get-service';

/** Ends a connection whose credentials have expired. */
export function dismissExpired(socket: SocketIOSocket): void {
  socket.emit('auth:expired');
  socket.disconnect(true);
}

/** Ends a connection from this side; its client and the monitoring are told why. */
export function dismiss(
  strapi: ServiceContext['strapi'],
  socket: SocketIOSocket,
  reason: string,
): void {
  const { describe, logEvent } = getService(strapi, 'monitoring');
  logEvent('forced-disconnect', { socketId: socket.id, reason, user: describe.user(socket) });
  socket.emit('io:disconnected', { reason });
  socket.disconnect(true);
}
