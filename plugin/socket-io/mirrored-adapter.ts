/**
 * Lets an adapter of npm (Redis, Postgres, session-aware, ...) run unchanged while its local fan-out is one native call.
 * The adapter keeps its rooms as it likes; they are mirrored into the engine, and the loop over local sockets, which all
 * of them inherit from `socket.io-adapter`, is replaced on this instance. What other nodes send is checked, and what
 * they are asked has a time limit.
 */
import type { Adapter, BroadcastOptions, Room, SocketId } from 'socket.io-adapter';
import { boundAdapter } from './bounded-adapter';
import { containAdapter } from './contained-adapter';
import type { Report } from './guard';
import type { NamespaceLink } from './namespace-link';
import type { Encoded, Packet, SocketInternals } from './upstream';

/** The two private methods which Adapter's `broadcast` and `broadcastWithAck` are made of. */
interface FanOut {
  _encode(packet: Packet, opts: object): Encoded[];
  apply(opts: BroadcastOptions, callback: (socket: SocketInternals) => void): void;
}

const mirrored = new WeakSet<Adapter>();

/** Idempotent. */
export function mirrorAdapter(adapter: Adapter, link: NamespaceLink): void {
  if (mirrored.has(adapter)) return;
  mirrored.add(adapter);
  mirrorRooms(adapter, link);
  replaceFanOut(adapter as unknown as FanOut, link);
  const dropped: Report = (error) => link.core.dropMessage(link.name, error);
  const unsent: Report = (error) => link.core.reportUnsent(link.name, error);
  containAdapter(adapter, dropped, unsent);
  boundAdapter(adapter, unsent);
}

function mirrorRooms(adapter: Adapter, link: NamespaceLink): void {
  const addAll = adapter.addAll.bind(adapter);
  const del = adapter.del.bind(adapter);
  const delAll = adapter.delAll.bind(adapter);

  adapter.addAll = (id: SocketId, rooms: Set<Room>) => {
    link.native?.join(link.name, id, Array.from(rooms, String));
    return addAll(id, rooms);
  };
  adapter.del = (id: SocketId, room: Room) => {
    link.native?.leave(link.name, id, String(room));
    return del(id, room);
  };
  adapter.delAll = (id: SocketId) => {
    for (const room of adapter.socketRooms(id) ?? []) {
      link.native?.leave(link.name, id, String(room));
    }
    return delAll(id);
  };
}

function replaceFanOut(adapter: FanOut, link: NamespaceLink): void {
  const apply = adapter.apply.bind(adapter);
  // Adapter encodes a packet and in the same turn applies it to the sockets: what was encoded last is what to send.
  let pending: { packet: Packet; encoded: Encoded[] } | undefined;

  adapter._encode = (packet) => {
    const encoded = link.encode(packet);
    pending = { packet, encoded };
    return encoded;
  };
  adapter.apply = (opts, callback) => {
    if (!pending || !link.native) return apply(opts, callback);
    const { packet, encoded } = pending;
    pending = undefined;
    if (packet.id !== undefined) {
      // with acknowledgements: the callback counts the socket and registers its answer, the write is ours
      for (const socket of link.selectSockets(opts)) callback(withoutWrite(socket));
    }
    link.broadcast(packet, encoded, opts);
  };
}

function withoutWrite({ acks }: SocketInternals): SocketInternals {
  return { acks, client: { writeToEngine: () => undefined } } as unknown as SocketInternals;
}
