/** What the parts of one server share: the native engine, who needs JavaScript, and where errors go. */
import type { EventEmitter } from 'node:events';
import { NativeClient } from './client';
import type { Report } from './guard';
import { LimitedLog } from './limited-log';
import { logOf, type Logger } from './logger';
import type { Engine, SocketView } from './native';
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
    for (const name of this.server._nsps.keys()) native.openNamespace(name);
    this.eager();
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
  }
}
