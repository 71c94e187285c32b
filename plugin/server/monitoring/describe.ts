import type { MonitoredSocket } from '../../shared/contracts/monitoring';
import type { PresenceUser } from '../../shared/contracts/presence';
import type { SocketStats } from '../../shared/monitoring';
import type { SocketIOSocket, Strapi } from '../types';
import { clientAddress } from '../utils/client-address';
import { isInternalRoom } from '../utils/entity-rooms';
import { getService } from '../utils/get-service';
import type { Redactor } from '../utils/redact';
import { redactQuery } from '../utils/redact-query';

/** Fields of the query that are the protocol's; `sid` is as good as a password to a session. */
const PROTOCOL_QUERY = new Set(['EIO', 'transport', 't', 'sid', 'b64', 'j']);

/** Says who a socket is, without what is secret. */
export function createDescriber(strapi: Strapi, redact: Redactor) {
  const identities = getService(strapi, 'identities');

  const user = ({ user: own }: SocketIOSocket): SocketStats['user'] =>
    own == null ? null : { id: own.id, username: own.username };

  const admin = (one: SocketIOSocket): PresenceUser | null =>
    identities.of(one)?.admin?.user ?? null;

  const handshake = (one: SocketIOSocket): SocketStats['handshake'] => {
    const { query: all, time } = one.handshake;
    const fields = Object.entries(all).filter(([key]) => !PROTOCOL_QUERY.has(key));
    return {
      address: clientAddress(one),
      time,
      query: redactQuery(Object.fromEntries(fields), redact),
    };
  };

  const socket = (one: SocketIOSocket): SocketStats => ({
    id: one.id,
    connected: one.connected,
    rooms: [...one.rooms].filter((room) => room !== one.id && !isInternalRoom(room)),
    entitySubscriptions: getService(strapi, 'subscriptions').list(one),
    handshake: handshake(one),
    user: user(one),
  });

  return {
    user,
    admin,
    address: clientAddress,
    handshake,
    socket,

    /** With what the monitoring page shows besides. */
    monitored: (one: SocketIOSocket, node: string | null): MonitoredSocket => ({
      ...socket(one),
      transport: one.conn.transport.name === 'polling' ? 'polling' : 'websocket',
      connectedAt: one.handshake.issued,
      admin: admin(one),
      node,
    }),
  };
}

export type Describer = ReturnType<typeof createDescriber>;
