/**
 * The default adapter: rooms live in the engine, broadcasts are one native call. It holds nothing but the rooms of
 * sockets which are still in the middlewares, as the engine learns of a socket when it is connected.
 */
import { Adapter, type BroadcastOptions, type Room, type SocketId } from 'socket.io-adapter';
import { coreOf } from './core';
import type { NamespaceLink } from './namespace-link';
import { RegistryView } from './room-views';
import type { NamespaceInternals, Packet } from './upstream';

/** What the engine answers to a join or leave of one room. */
const CHANGED = 1;
const CHANGED_ROOM = 3;
/** Type of an event packet in the Socket.IO protocol. */
const EVENT = 2;

export class NativeAdapter extends Adapter {
  private readonly link: NamespaceLink;
  private readonly connecting = new Map<SocketId, Set<Room>>();

  constructor(nsp: NamespaceInternals) {
    super(nsp);
    this.link = coreOf(nsp.server).link(nsp);
    const { link, connecting } = this;
    this.rooms = new RegistryView({
      keys: () => new Set([...(link.native?.rooms(link.name) ?? []), ...this.connectingRooms()]),
      size: () => [...this.rooms.keys()].length,
      get: (room) => this.members(room),
    });
    this.sids = new RegistryView({
      keys: () => [...(link.native?.sids(link.name) ?? []), ...connecting.keys()],
      size: () => (link.native?.socketCount(link.name) ?? 0) + connecting.size,
      get: (sid) => this.socketRooms(sid),
    });
  }

  override addAll(id: SocketId, rooms: Set<Room>): void {
    const list = Array.from(rooms, String);
    if (this.link.nsp._preConnectSockets.has(id)) return this.addConnecting(id, list);
    this.connecting.delete(id);
    const changes = this.link.native?.join(this.link.name, id, list) ?? [];
    list.forEach((room, i) => {
      if (changes[i] === CHANGED_ROOM) this.emit('create-room', room);
      if (changes[i]) this.emit('join-room', room, id);
    });
  }

  override del(id: SocketId, room: Room): void {
    if (this.connecting.get(id)?.delete(room)) return this.left(id, room, !this.members(room));
    const change = this.link.native?.leave(this.link.name, id, String(room)) ?? 0;
    if (change >= CHANGED) this.left(id, room, change === CHANGED_ROOM);
  }

  override delAll(id: SocketId): void {
    for (const room of this.socketRooms(id) ?? []) this.del(id, room);
    this.connecting.delete(id);
  }

  override socketRooms(id: SocketId): Set<Room> | undefined {
    const connecting = this.connecting.get(id);
    if (connecting) return new Set(connecting);
    const rooms = this.link.native?.socketRooms(this.link.name, id);
    return rooms ? new Set(rooms) : undefined;
  }

  override sockets(rooms: Set<Room>): Promise<Set<SocketId>> {
    return Promise.resolve(new Set(this.link.select({ rooms })));
  }

  override broadcast(packet: Packet, opts: BroadcastOptions): void {
    packet.nsp = this.link.name;
    this.link.broadcast(packet, this.link.encode(packet), opts);
  }

  /** An event whose argument is JSON text already: the text goes out as it is. */
  broadcastJson(event: string, json: string, opts: BroadcastOptions): void {
    const { name } = this.link;
    const packet: Packet = {
      type: EVENT,
      nsp: name,
      // asked for by listeners of outgoing events alone
      get data() {
        return [event, JSON.parse(json) as unknown];
      },
    };
    const head = name === '/' ? `${EVENT}` : `${EVENT}${name},`;
    this.link.broadcast(packet, [`${head}[${JSON.stringify(event)},${json}]`], opts);
  }

  /** Number of connected sockets in a room, without naming them. */
  roomSize(room: Room): number {
    return this.link.native?.roomSize(this.link.name, String(room)) ?? 0;
  }

  override broadcastWithAck(
    packet: Packet,
    opts: BroadcastOptions,
    clientCountCallback: (clientCount: number) => void,
    ack: (...args: unknown[]) => void,
  ): void {
    packet.nsp = this.link.name;
    packet.id = this.link.nsp._ids++;
    const encoded = this.link.encode(packet);
    clientCountCallback(this.link.broadcastWithAck(packet, encoded, opts, ack));
  }

  override fetchSockets(opts: BroadcastOptions): Promise<unknown[]> {
    return Promise.resolve(this.link.selectSockets(opts));
  }

  override addSockets(opts: BroadcastOptions, rooms: Room[]): void {
    for (const sid of this.link.select(opts)) this.addAll(sid, new Set(rooms));
  }

  override delSockets(opts: BroadcastOptions, rooms: Room[]): void {
    for (const sid of this.link.select(opts)) for (const room of rooms) this.del(sid, room);
  }

  override disconnectSockets(opts: BroadcastOptions, close: boolean): void {
    for (const socket of this.link.selectSockets(opts)) socket.disconnect(close);
  }

  private addConnecting(id: SocketId, rooms: Room[]): void {
    const joined = this.connecting.get(id) ?? new Set();
    this.connecting.set(id, joined);
    for (const room of rooms) {
      if (joined.has(room)) continue;
      const isNew = !this.members(room);
      joined.add(room);
      if (isNew) this.emit('create-room', room);
      this.emit('join-room', room, id);
    }
  }

  private left(id: SocketId, room: Room, last: boolean): void {
    this.emit('leave-room', room, id);
    if (last) this.emit('delete-room', room);
  }

  private *connectingRooms(): Iterable<Room> {
    for (const rooms of this.connecting.values()) yield* rooms;
  }

  private members(room: Room): Set<SocketId> | undefined {
    const members = new Set(this.link.native?.roomSids(this.link.name, room));
    for (const [id, rooms] of this.connecting) if (rooms.has(room)) members.add(id);
    return members.size > 0 ? members : undefined;
  }
}
