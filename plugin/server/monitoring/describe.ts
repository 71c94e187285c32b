import { parse } from 'node:querystring';

import type { MonitoredSocket } from '../../shared/contracts/monitoring';
import type { PresenceUser } from '../../shared/contracts/presence';
import type { SocketStats } from '../../shared/monitoring';
import type { SocketRecord } from '../../socket-io/native';
import { fromRecord } from '../access/identity';
import type { SocketIOSocket, Strapi } from '../types';
import { clientAddress } from '../utils/client-address';
import { isInternalRoom } from '../utils/entity-rooms';
import { getService } from '../utils/get-service';
import type { Redactor } from '../utils/redact';
import { redactQuery } from '../utils/redact-query';

/** Fields of the query that are the protocol's; `sid` is as good as a password to a session. */
const PROTOCOL_QUERY = new Set(['EIO', 'transport', 't', 'sid', 'b64', 'j']);

/** The request that opened a connection. */
export interface Opening {
  address: string;
  /** When its socket connected, milliseconds since the epoch. */
  issued: number;
  /** Path and query. */
  url: string;
}

/** Says who a socket is, without what is secret. */
export function createDescriber(strapi: Strapi, redact: Redactor) {
  const identities = getService(strapi, 'identities');

  const user = ({ user: own }: Pick<SocketIOSocket, 'user'>): SocketStats['user'] =>
    own == null ? null : { id: own.id, username: own.username };

  const query = (all: Record<string, unknown>): Record<string, unknown> => {
    const fields = Object.entries(all).filter(([key]) => !PROTOCOL_QUERY.has(key));
    return redactQuery(Object.fromEntries(fields), redact);
  };

  /** A handshake as the engine keeps it. */
  const opening = ({ address, issued, url }: Opening): SocketStats['handshake'] => ({
    address,
    time: String(new Date(issued)),
    query: query(parse(url.split('?').slice(1).join('?'))),
  });

  const socket = (one: SocketRecord): SocketStats => ({
    id: one.sid,
    connected: true,
    rooms: one.rooms.filter((room) => room !== one.sid && !isInternalRoom(room)),
    entitySubscriptions: one.subscriptions.map(({ uid, id, room }) => ({ uid, id, room })),
    handshake: opening(one),
    user: one.identity === null ? null : user(fromRecord(one.identity)),
  });

  return {
    user,
    opening,

    admin: (one: SocketIOSocket): PresenceUser | null => identities.of(one)?.admin?.user ?? null,

    handshake: (one: SocketIOSocket): SocketStats['handshake'] => ({
      address: clientAddress(one),
      time: one.handshake.time,
      query: query(one.handshake.query),
    }),

    socket,

    /** With what the monitoring page shows besides. */
    monitored: (one: SocketRecord, node: string | null): MonitoredSocket => ({
      ...socket(one),
      transport: one.transport === 'polling' ? 'polling' : 'websocket',
      connectedAt: one.issued,
      admin: one.identity === null ? null : (fromRecord(one.identity).admin?.user ?? null),
      node,
    }),
  };
}

export type Describer = ReturnType<typeof createDescriber>;
