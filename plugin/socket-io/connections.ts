/** The connections which have a JavaScript object, and the engine's events for them. */
import type { EventEmitter } from 'node:events';
import type { Core } from './core';
import { requestOf, type EngineRequest } from './engine-request';
import { attempt, type Report } from './guard';
import { EventKind, type Engine, type EngineEvent } from './native';
import { NativeConn } from './native-conn';

export class Connections {
  private readonly conns = new Map<string, NativeConn>();

  constructor(
    /** `io.engine`, which tells of new connections. */
    private readonly owner: EventEmitter,
    private readonly native: Engine,
    private readonly core: Core,
    private readonly report: Report,
  ) {}

  /** Makes the object of a connection which the engine has opened for JavaScript. */
  open(id: string, request: EngineRequest): void {
    this.add({
      id,
      protocol: request._query['EIO'] === '4' ? 4 : 3,
      transport: request._query['transport'],
      remoteAddress: request.socket.remoteAddress ?? '',
      request,
    });
    this.announce(id);
  }

  /** The object of a connection; one which was native until now gets its sockets back. */
  get(id: string): NativeConn | undefined {
    const known = this.conns.get(id);
    if (known) return known;
    const view = this.native.attach(id);
    if (!view) return undefined;
    const request = requestOf(view);
    const conn = this.add({ ...view, request });
    conn.upgraded = view.transport !== request._query['transport'];
    if (view.sockets.length > 0) this.core.restore(conn, view.sockets);
    else this.announce(id);
    return conn;
  }

  /** The object of a connection, if it has one already. */
  known(id: string): NativeConn | undefined {
    return this.conns.get(id);
  }

  /** Somebody listens for an event of every connection: makes the objects of all, and asks for what it needs. */
  watchAll(event: string): void {
    for (const id of this.native.connIds()) this.get(id)?.watch(event);
  }

  /** Says what is wrong with a connection which is about to end with a transport error. */
  failing(id: string, failure: string): void {
    const conn = this.conns.get(id);
    if (conn) conn.failure = failure;
  }

  handle({ kind, conn: id, text, data }: EngineEvent): void {
    switch (kind) {
      case EventKind.Text:
        return this.get(id)?.onMessage(text as string);
      case EventKind.Binary:
        return this.get(id)?.onMessage(data as Buffer);
      case EventKind.Ping:
        return this.conns.get(id)?.onPing();
      case EventKind.Pong:
        return this.conns.get(id)?.onPong();
      case EventKind.Upgrading:
        return this.conns.get(id)?.onUpgrading();
      case EventKind.Upgrade:
        return this.conns.get(id)?.onUpgrade();
      case EventKind.Drain:
        return this.conns.get(id)?.onDrain();
      case EventKind.Close:
        return this.closed(id, text as string);
      default:
        return undefined;
    }
  }

  closeAll(): void {
    for (const conn of [...this.conns.values()]) attempt(() => conn.close(true), this.report);
  }

  private add(info: ConstructorParameters<typeof NativeConn>[3]): NativeConn {
    const conn = new NativeConn(this.owner, this.native, this.core.observed, info);
    this.conns.set(info.id, conn);
    return conn;
  }

  private announce(id: string): void {
    attempt(() => this.owner.emit('connection', this.conns.get(id)), this.report);
  }

  private closed(id: string, reason: string): void {
    const conn = this.conns.get(id);
    this.conns.delete(id);
    try {
      conn?.onClose(reason);
    } finally {
      this.native.release(id);
    }
  }
}
