/**
 * Ties one socket.io namespace to the native engine: replaces its map of sockets by a lazy one, sends its broadcasts as
 * one native call, keeps errors of its listeners and middlewares contained, and tells whether it needs JavaScript.
 */
import type { BroadcastOptions, Session } from 'socket.io-adapter';
import { AccessDenied } from './access';
import { checkServerEvent } from './cluster-messages';
import type { Core } from './core';
import { emitGuarded, runChain } from './guard';
import { LazySockets } from './lazy-sockets';
import type { Admission, Engine, IdentityRecord } from './native';
import { guardOperators } from './operator';
import { payloads } from './payloads';
import { Socket } from './socket';
import { currentTurn } from './turn';
import type {
  Auth,
  ClientInternals,
  Encoded,
  NamespaceInternals,
  Next,
  Packet,
  SocketInternals,
} from './upstream';

/** Events which make a namespace need a Socket object for each connection. */
const CONNECTION_EVENTS = ['connect', 'connection'];
/** Events of an adapter: who listens wants to hear of each socket's own room too. */
const ROOM_EVENTS = ['create-room', 'join-room', 'leave-room', 'delete-room'];
/** Type of an event packet in the Socket.IO protocol. */
const EVENT = 2;
const ADDING_METHODS = ['on', 'addListener', 'prependListener'] as const;

export class NamespaceLink {
  readonly sockets: LazySockets;
  /** The sockets with `onAnyOutgoing` listeners: a broadcast notifies these without looking at all others. */
  readonly outgoing = new Set<SocketInternals>();

  /** What the engine said of the clients of sockets. */
  private readonly judged = new WeakMap<SocketInternals, Admission>();

  constructor(
    readonly core: Core,
    readonly nsp: NamespaceInternals,
  ) {
    nsp.sockets = this.sockets = new LazySockets(this);
    this.containErrors();
    guardOperators(nsp);
    this.watchDemand();
  }

  get name(): string {
    return this.nsp.name;
  }

  get native(): Engine | undefined {
    return this.core.native;
  }

  needsJavaScript(): boolean {
    const { nsp } = this;
    return (
      nsp._fns.length > 0 ||
      CONNECTION_EVENTS.some((event) => nsp.listenerCount(event) > 0) ||
      // not there yet while the namespace is being constructed
      ROOM_EVENTS.some((event) => nsp.adapter?.listenerCount(event) > 0)
    );
  }

  /** The sockets which a broadcast with these options reaches. */
  select(opts: Pick<BroadcastOptions, 'rooms' | 'except'>): string[] {
    return this.native?.select(this.name, names(opts.rooms), names(opts.except)) ?? [];
  }

  /** The Socket objects which a broadcast with these options reaches. */
  selectSockets(opts: Pick<BroadcastOptions, 'rooms' | 'except'>): SocketInternals[] {
    return this.select(opts).flatMap((sid) => this.sockets.get(sid) ?? []);
  }

  /** Encoded once, queued once; the engine writes to every recipient. */
  broadcast(packet: Packet, encoded: Encoded[], opts: BroadcastOptions): void {
    this.notifyOutgoing(packet, opts);
    this.notifyObservers(encoded, opts);
    this.native?.broadcast(
      this.name,
      names(opts.rooms),
      names(opts.except),
      encoded,
      Boolean(opts.flags?.volatile),
      currentTurn(),
    );
  }

  /** Like {@link broadcast}; `ack` is called for each answer. Returns the number of answers to expect. */
  broadcastWithAck(
    packet: Packet,
    encoded: Encoded[],
    opts: BroadcastOptions,
    ack: (...args: unknown[]) => void,
  ): number {
    const sockets = this.selectSockets(opts);
    for (const socket of sockets) socket.acks.set(packet.id as number, ack);
    this.broadcast(packet, encoded, opts);
    return sockets.length;
  }

  encode(packet: Packet): Encoded[] {
    return payloads(this.core.server.encoder.encode(packet));
  }

  private notifyOutgoing(packet: Packet, opts: BroadcastOptions): void {
    if (this.outgoing.size === 0) return;
    const reached = new Set(this.select(opts));
    for (const socket of this.outgoing) {
      if (reached.has(socket.id)) socket.notifyOutgoingListeners(packet);
    }
  }

  private notifyObservers(encoded: Encoded[], opts: BroadcastOptions): void {
    const { observed } = this.core;
    if (observed.size === 0) return;
    const reached = new Set(
      this.select(opts).map((sid) => this.native?.socketConn(this.name, sid)),
    );
    for (const conn of observed) if (reached.has(conn.id)) conn.announce(encoded, opts.flags);
  }

  /** Per-instance overrides: socket.io's own Namespace class is shared with whoever else uses the package. */
  private containErrors(): void {
    const { core, nsp } = this;
    const where = (what: string) => core.reporter(`${what} of namespace ${nsp.name}`);
    const add = nsp._add.bind(nsp);

    nsp.emitReserved = (event, ...args) =>
      emitGuarded(nsp, event, args, where(`a "${event}" listener`));
    nsp._onServerSideEmit = (message) => {
      checkServerEvent(message);
      const [event, ...args] = message;
      emitGuarded(nsp, event, args, where(`a server-side "${event}" listener`));
    };
    // A middleware that fails must not let anybody in, and its message is not for the client.
    const runMiddlewares = (socket: SocketInternals, done: Next) =>
      runChain(
        nsp._fns.slice(),
        socket,
        done,
        where('a middleware'),
        () => new Error('internal error'),
      );
    nsp.run = (socket, done) => {
      if (!core.guarded.has(nsp.name)) return runMiddlewares(socket, done);
      const forget = () => this.native?.forgetAdmitted(socket.conn.id, this.ticketOf(socket));
      this.admit(socket).then(
        () =>
          runMiddlewares(socket, (error) => {
            if (error) forget();
            done(error);
          }),
        (error: unknown) => {
          if (error instanceof AccessDenied) return done(error);
          forget();
          core.report(`authentication in namespace ${nsp.name}`, error);
          done(new AccessDenied({ message: 'Authentication failed', code: 'INTERNAL_ERROR' }));
        },
      );
    };
    nsp._add = (client, auth, done) => add(client, auth, done).catch(where('a connection'));
    nsp._createSocket = async (client, auth) => {
      const outcome = this.mayBeSession(auth) ? await this.judge(client, auth) : undefined;
      const session = await this.sessionOf(auth, outcome?.identity);
      const socket = new Socket(nsp, client, auth, session);
      if (outcome) this.judged.set(socket, outcome);
      if (session) socket.missedUntil = lastOffset(session) ?? String(auth.offset);
      return socket;
    };
  }

  /**
   * Sends a recovered socket what was sent to its rooms after its session was read: middlewares take their time, and
   * broadcasts do not reach a socket before it is connected. An adapter that gives a session out once has no more.
   */
  sendMissed(socket: Socket, offset: string): void {
    // Read in this turn, so that no packet is sent both ways.
    Promise.resolve(this.nsp.adapter.restoreSession(socket.pid as string, offset))
      .then((session) => {
        for (const data of session?.missedPackets ?? []) socket.packet({ type: EVENT, data });
      })
      .catch(this.core.reporter(`restoring a session of namespace ${this.name}`));
  }

  /** Has the engine judge who a client is, in a guarded namespace. Undefined in others. */
  private async judge({ conn }: ClientInternals, auth: Auth): Promise<Admission | undefined> {
    const { core, name } = this;
    return core.guarded.has(name) ? core.judge(name, conn.id, auth) : undefined;
  }

  /** Lets the client of a socket in, in a guarded namespace. Throws for those who may not join. */
  private async admit(socket: SocketInternals): Promise<void> {
    const { core, name } = this;
    const { access } = core.server.opts;
    const early = this.judged.get(socket);
    // With recovery the client is judged before the socket exists. Then changes since are unknown, and it is checked again.
    if (!early) access?.judging(socket);
    const outcome = early ?? (await core.judge(name, socket.conn.id, socket.handshake.auth));
    this.judged.set(socket, outcome);
    const { identity, denial } = outcome;
    if (denial) throw new AccessDenied(denial);
    if (identity) access?.admitted(socket, identity);
  }

  /** Names the admission of a socket to the engine; 0 where nobody needs one. */
  ticketOf(socket: SocketInternals): number {
    return this.judged.get(socket)?.ticket ?? 0;
  }

  /** Whether a client asks to have a session back. */
  private mayBeSession({ pid, offset }: Auth): boolean {
    const { connectionStateRecovery } = this.core.server.opts;
    return (
      Boolean(connectionStateRecovery) && typeof pid === 'string' && typeof offset === 'string'
    );
  }

  /** The session which a reconnecting client asks to have back, if connection state recovery is on and still has it. */
  private async sessionOf(
    auth: Auth,
    identity: IdentityRecord | null | undefined,
  ): Promise<Session | undefined> {
    const { core, nsp } = this;
    const { mayRecover } = core.server.opts;
    // A client that is refused in a guarded namespace gets nothing back.
    if (!this.mayBeSession(auth) || identity === null) return undefined;
    const { pid, offset } = auth as { pid: string; offset: string };
    try {
      const session = (await nsp.adapter.restoreSession(pid, offset)) ?? undefined;
      if (!session || !identity || !mayRecover) return session;
      return (await mayRecover(session, identity)) ? session : undefined;
    } catch (error) {
      core.report(`restoring a session of namespace ${nsp.name}`, error);
      return undefined;
    }
  }

  private watchDemand(): void {
    const { core, nsp } = this;
    for (const method of ADDING_METHODS) {
      const add = nsp[method].bind(nsp);
      nsp[method] = (event, listener) => {
        add(event, listener);
        if (CONNECTION_EVENTS.includes(event as string)) core.eager();
        return nsp;
      };
    }
    const use = nsp.use.bind(nsp);
    nsp.use = (fn) => {
      use(fn);
      core.eager();
      return nsp;
    };
  }
}

/** Adapters that can restore sessions put the offset of a packet at its end. */
function lastOffset({ missedPackets }: Session): string | undefined {
  const offset: unknown = missedPackets.at(-1)?.at(-1);
  return typeof offset === 'string' ? offset : undefined;
}

/** Rooms and ids as the engine takes them; socket.io lets any value name a room. */
function names(rooms: Iterable<unknown> | undefined): string[] {
  return rooms ? Array.from(rooms, String) : [];
}
