import type { NativeConn } from '../../socket-io/native-conn';
import type { SocketIOSocket } from '../types';

/** The address of a client, as the engine's rules see it: what Strapi's own `ctx.request.ip` would be. */
export const clientAddress = ({ conn }: SocketIOSocket): string =>
  (conn as unknown as NativeConn).clientAddress;
