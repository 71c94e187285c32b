/**
 * `namespace.sockets`: the Socket objects which exist are stored, those of connections that never needed JavaScript are
 * made when somebody reads them: one by `get`, all by iteration. Ids alone (`has`, `keys`, `size`) make none.
 */
import { NativeConn } from './native-conn';
import type { NamespaceLink } from './namespace-link';
import type { SocketInternals } from './upstream';

export class LazySockets extends Map<string, SocketInternals> {
  constructor(readonly link: NamespaceLink) {
    super();
  }

  /** Called by socket.io when a socket has passed the middlewares: from here broadcasts reach it. */
  override set(sid: string, socket: SocketInternals): this {
    const { link } = this;
    if (socket.conn instanceof NativeConn) {
      const joined = link.nsp.adapter.socketRooms(sid);
      const isThere = link.native?.addSocket(link.name, sid, socket.conn.id, link.ticketOf(socket));
      // The connection is gone, or the engine did not admit its client.
      if (isThere === false) process.nextTick(() => socket.disconnect(true));
      // rooms joined by a middleware; until now the engine did not know the socket
      if (joined?.size) link.native?.join(link.name, sid, [...joined]);
    }
    return super.set(sid, socket);
  }

  /** Stores the object of a socket which the engine already knows. */
  restore(socket: SocketInternals): void {
    super.set(socket.id, socket);
  }

  override delete(sid: string): boolean {
    if (!super.delete(sid)) return false;
    this.link.native?.removeSocket(this.link.name, sid);
    return true;
  }

  override get(sid: string): SocketInternals | undefined {
    const socket = super.get(sid);
    if (socket || typeof sid !== 'string') return socket;
    const conn = this.link.native?.socketConn(this.link.name, sid);
    if (!conn) return undefined;
    this.link.core.connOf(conn);
    return super.get(sid);
  }

  override has(sid: string): boolean {
    if (super.has(sid) || typeof sid !== 'string') return super.has(sid);
    return Boolean(this.link.native?.socketConn(this.link.name, sid));
  }

  override get size(): number {
    return this.link.native?.socketCount(this.link.name) ?? super.size;
  }

  override *keys(): MapIterator<string> {
    yield* this.link.native?.sids(this.link.name) ?? [...super.keys()];
  }

  override *values(): MapIterator<SocketInternals> {
    for (const [, socket] of this) yield socket;
  }

  override *entries(): MapIterator<[string, SocketInternals]> {
    for (const sid of this.keys()) {
      const socket = this.get(sid);
      if (socket) yield [sid, socket];
    }
  }

  override [Symbol.iterator](): MapIterator<[string, SocketInternals]> {
    return this.entries();
  }

  override forEach(
    fn: (socket: SocketInternals, sid: string, map: Map<string, SocketInternals>) => void,
    self?: unknown,
  ): void {
    for (const [sid, socket] of this) fn.call(self, socket, sid, this);
  }

  /** The sockets which have an object already. */
  materialized(): SocketInternals[] {
    return [...super.values()];
  }
}
