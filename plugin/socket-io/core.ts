/** What the parts of one server share: the native engine, who needs JavaScript, and where errors go. */
import type { EventEmitter } from 'node:events';
import { NativeClient } from './client';
import { attempt, type Report } from './guard';
import { LimitedLog } from './limited-log';
import { logOf, type Logger } from './logger';
import type { Admission, Engine, SocketView } from './native';
import { InvalidMessage } from './message-size';
import { NamespaceLink } from './namespace-link';
import type { NativeConn } from './native-conn';
import { Socket } from './socket';
import type {
  Auth,
  ClientInternals,
  NamespaceInternals,
  ServerInternals,
  SocketInternals,
} from './upstream';

/** How a namespace is guarded. */
export interface GuardOptions {
  /** Whether clients without a token may join, as far as the table of roles lets them. */
  isPublic: boolean;
  /** Whether content is sent there: its sockets are put into the rooms of their roles. */
  hasContent: boolean;
}

const cores = new WeakMap<object, Core>();

/** The core of a server. Made on first use: socket.io's constructor calls methods before a subclass has its fields. */
export function coreOf(server: object): Core {
  let core = cores.get(server);
  if (!core) {
    core = new Core(server as ServerInternals);
    cores.set(server, core);
  }
  return core;
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

export class Core {
  /** The addon's engine, from the first `attach` until `close`. */
  native: Engine | undefined;
  /** Set where an adapter other than ours keeps the rooms: it has to see every socket. */
  foreignAdapter = false;
  /** Whether `io.engine` has listeners or middlewares which want every connection. */
  engineDemand: () => boolean = () => false;
  /** Finds or creates the JavaScript object of a connection. */
  connOf: (id: string) => NativeConn | undefined = () => undefined;

  /** The namespaces whose clients must authenticate, and how. */
  readonly guarded = new Map<string, GuardOptions>();

  /** Messages of other nodes that were malformed or could not be handled, since the server was made. */
  droppedMessages = 0;

  /** The connections with listeners for what is sent: a broadcast tells these of its packets. */
  readonly observed = new Set<NativeConn>();

  // weak: a child namespace which was cleaned up is forgotten
  private readonly links = new WeakMap<NamespaceInternals, NamespaceLink>();
  private eagerNow = false;
  private logger: Logger = logOf(undefined);
  private readonly droppedLog = new LimitedLog((line) => this.logger.warn(line));
  private readonly unsentLog = new LimitedLog((line) => this.logger.warn(line));

  constructor(readonly server: ServerInternals) {
    // Namespaces are removed by deleting them from this map, by socket.io and, as documented, by users.
    const remove = server._nsps.delete.bind(server._nsps);
    server._nsps.delete = (name) => {
      this.native?.closeNamespace(name);
      return remove(name);
    };
  }

  /** Opens the namespaces which exist so far; later ones open themselves. */
  open(native: Engine, logger: Logger): void {
    this.native = native;
    this.logger = logger;
    this.eagerNow = false;
    for (const [name, options] of this.guarded) this.guard(name, options);
    for (const name of this.server._nsps.keys()) native.openNamespace(name);
    this.eager();
  }

  /** From now on clients must authenticate to join a namespace. */
  guard(name: string, options: GuardOptions): void {
    this.guarded.set(name, options);
    this.native?.guardNamespace(name, options.isPublic, options.hasContent);
  }

  /** Has the engine judge the client of a socket that JavaScript is making. */
  async judge(nsp: string, conn: string, auth: Auth | null | undefined): Promise<Admission> {
    if (!this.native) throw new Error('the server is closed');
    return this.native.admit(conn, nsp, JSON.stringify(auth ?? {}));
  }

  /**
   * The engine has changed the rooms of a socket with an object. An adapter of npm keeps rooms of its own, which have to
   * follow; listeners of ours hear of the changes.
   */
  followRooms(
    { name, adapter }: NamespaceInternals,
    sid: string,
    joined: readonly string[] = [],
    left: readonly string[] = [],
  ): void {
    const rooms = this.native?.socketRooms(name, sid);
    if (rooms == null) return;
    if (this.foreignAdapter) {
      const now = new Set(rooms);
      for (const room of adapter.socketRooms(sid) ?? []) {
        if (!now.has(room)) void adapter.del(sid, room);
      }
      void adapter.addAll(sid, now);
      return;
    }
    for (const room of joined) {
      if (this.native?.roomSize(name, room) === 1) adapter.emit('create-room', room);
      adapter.emit('join-room', room, sid);
    }
    for (const room of left) {
      adapter.emit('leave-room', room, sid);
      if (this.native?.roomSize(name, room) === 0) adapter.emit('delete-room', room);
    }
  }

  /** A socket with an object is connected. */
  connected(socket: SocketInternals, isNew: boolean): void {
    if (!this.guarded.has(socket.nsp.name)) return;
    if (this.foreignAdapter) this.followRooms(socket.nsp, socket.id);
    this.server.opts.access?.connected(socket, isNew);
  }

  /** Forgets the engine after it was closed. */
  shut(native: Engine): void {
    if (this.native === native) this.native = undefined;
  }

  /** The link of a namespace, made on first use. */
  link(nsp: NamespaceInternals): NamespaceLink {
    let link = this.links.get(nsp);
    if (!link) {
      link = new NamespaceLink(this, nsp);
      this.links.set(nsp, link);
      this.native?.openNamespace(nsp.name);
      this.eager();
    }
    return link;
  }

  /**
   * Whether new connections need JavaScript objects. Cheap enough to be asked for each handshake, so that no change can
   * be missed; the engine is told when the answer changes, for connections which are open but have not joined yet.
   */
  eager(): boolean {
    const eager = this.needsJavaScript();
    if (eager !== this.eagerNow && this.native) {
      this.eagerNow = eager;
      this.native.setEager(eager);
    }
    return eager;
  }

  private needsJavaScript(): boolean {
    const { opts, parentNsps } = this.server;
    if (opts.parser || opts.connectionStateRecovery) return true;
    if (this.foreignAdapter || parentNsps.size > 0 || this.engineDemand()) return true;
    return this.namespaces().some((nsp) => this.links.get(nsp)?.needsJavaScript());
  }

  private namespaces(): NamespaceInternals[] {
    return [...this.server._nsps.values()] as unknown as NamespaceInternals[];
  }

  /** A reporter which names where the error came from. */
  reporter(where: string): Report {
    return (error) => this.report(where, error);
  }

  report(where: string, error: unknown): void {
    // Clients can cause errors as often as they like; which socket it was does not make another kind.
    if (this.native?.mayLog(where.replace(/ of socket \S+/, '')) === false) return;
    this.logger.error(`socket.io: ${where} failed: ${textOf(error)}`);
  }

  /** Counts a message of another node that is not acted on, and says so now and then. */
  dropMessage(nsp: string, error: unknown): void {
    this.droppedMessages += 1;
    const isInvalid = error instanceof InvalidMessage || error instanceof SyntaxError;
    const reason = isInvalid ? error.message : textOf(error);
    this.droppedLog.add(
      `socket.io: a message of another node was dropped in namespace ${nsp}: ${reason}`,
    );
  }

  /** Says now and then that an adapter's connection fails. */
  reportUnsent(nsp: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.unsentLog.add(
      `socket.io: the adapter of namespace ${nsp} did not reach the other nodes: ${reason}`,
    );
  }

  /** The credentials of a socket have expired: its id, a space and its namespace. */
  expired(text: string): void {
    const at = text.indexOf(' ');
    const nsp = this.namespaces().find(({ name }) => name === text.slice(at + 1));
    const socket = nsp?.sockets.get(text.slice(0, at));
    if (socket) this.server.opts.access?.expired(socket);
  }

  /** Passes on what the engine has to say, as "level: message". */
  log(line: string): void {
    const [level, message] = line.split(/: (.*)/s) as [keyof Logger, string];
    this.logger[level](`socket.io: ${message}`);
  }

  /** Gives a connection that was native until now its socket.io client, and the sockets it has joined with. */
  restore(conn: NativeConn & EventEmitter, views: SocketView[]): void {
    const client = new NativeClient(this.server, conn);
    for (const view of views) this.restoreSocket(client, view);
    clearTimeout(client.connectTimeout);
    client.connectTimeout = undefined;
  }

  private restoreSocket(client: ClientInternals, view: SocketView): void {
    const nsp = this.namespaces().find(({ name }) => name === view.nsp);
    if (!nsp) return;
    // A previous session is the one way to give socket.io's Socket an id; there are no rooms or packets to replay.
    const session = { sid: view.sid, pid: '', rooms: [], data: {}, missedPackets: [] };
    const socket: SocketInternals = new Socket(nsp, client, JSON.parse(view.auth) as Auth, session);
    delete socket.pid;
    socket.recovered = false;
    socket.connected = true;
    socket.handshake.issued = view.issued;
    socket.handshake.time = String(new Date(view.issued));
    client.sockets.set(socket.id, socket);
    client.nsps.set(nsp.name, socket);
    this.link(nsp).sockets.restore(socket);
    if (view.identity === null) return;
    const { identity } = view;
    attempt(
      () => {
        this.server.opts.access?.admitted(socket, identity);
        this.connected(socket, false);
      },
      this.reporter(`making socket ${socket.id}`),
    );
  }
}
