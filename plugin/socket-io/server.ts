/** socket.io's Server over the native engine. */
import { readdirSync } from 'node:fs';
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Http2SecureServer, Http2Server } from 'node:http2';
import {
  Server as UpstreamServer,
  type DefaultEventsMap,
  type Namespace,
  type Socket,
} from 'socket.io';
import { Adapter } from 'socket.io-adapter';
import { NativeClient } from './client';
import { coreOf, type GuardOptions } from './core';
import { attempt, guarded } from './guard';
import { mirrorAdapter } from './mirrored-adapter';
import type { Engine } from './native';
import { NativeAdapter } from './native-adapter';
import { NativeConn } from './native-conn';
import { NativeEngine } from './native-engine';
import type { ServerOptions } from './options';
import { RESERVED_EVENTS } from './reserved-events';
import {
  clientBundles,
  type EventsMap,
  type NamespaceInternals,
  type ServerInternals,
} from './upstream';

type AnyHttpServer = HttpServer | HttpsServer | Http2SecureServer | Http2Server;
type AdapterConstructor = ServerOptions['adapter'];
/** Decides whether a client may join a namespace which does not exist yet. */
type NamespaceMatcher = (
  name: string,
  auth: { [key: string]: any }, // eslint-disable-line @typescript-eslint/no-explicit-any -- as in socket.io
  next: (err: Error | null, success: boolean) => void,
) => void;

export class Server<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = any, // eslint-disable-line @typescript-eslint/no-explicit-any -- as in socket.io
> extends UpstreamServer<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  static {
    // The two seams of socket.io's attach() and bind(). Its types call them private, so they are set here.
    Object.assign(this.prototype, {
      initEngine(this: Server, srv: HttpServer, options: Partial<ServerOptions>) {
        this.attachEngine(srv, options);
      },
      onconnection(this: Server, conn: unknown) {
        if (conn instanceof NativeConn) {
          const client = new NativeClient(this.internals, conn);
          if (conn.protocol === 3) client.connect('/');
          return this;
        }
        this.keepRoomsInJavaScript();
        return (UpstreamServer.prototype as unknown as ServerInternals).onconnection.call(
          this,
          conn,
        );
      },
    });
  }

  constructor(options?: Partial<ServerOptions>);
  constructor(srv?: AnyHttpServer | number, options?: Partial<ServerOptions>);
  constructor(
    srv: undefined | Partial<ServerOptions> | AnyHttpServer | number,
    options?: Partial<ServerOptions>,
  );
  constructor(
    srv?: Partial<ServerOptions> | AnyHttpServer | number,
    options?: Partial<ServerOptions>,
  ) {
    super(srv, options);
  }

  private get internals(): ServerInternals {
    return this as unknown as ServerInternals;
  }

  override adapter(): AdapterConstructor | undefined;
  override adapter(adapter: AdapterConstructor): this;
  override adapter(adapter?: AdapterConstructor): AdapterConstructor | this | undefined {
    if (adapter === undefined) return super.adapter();
    const core = coreOf(this);
    // socket.io's own in-memory adapter is what ours stands in for
    core.foreignAdapter = adapter !== Adapter && (adapter as unknown) !== NativeAdapter;
    super.adapter(core.foreignAdapter ? adapter : NativeAdapter);
    for (const nsp of this._nsps.values()) this.tie(nsp);
    core.eager();
    return this;
  }

  override of(
    name: string | RegExp | NamespaceMatcher,
    fn?: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void,
  ): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    if (typeof name !== 'function' && !(name instanceof RegExp)) {
      return this.tie(super.of(name, fn));
    }
    const parent = super.of(typeof name === 'function' ? this.contain(name) : name, fn);
    const family = parent as unknown as { createChild(name: string): Namespace };
    const createChild = family.createChild.bind(parent);
    family.createChild = (child) => this.tie(createChild(child) as typeof parent) as Namespace;
    coreOf(this).eager();
    return parent;
  }

  /**
   * Sends an event with one argument, given as JSON text, to the sockets of the main namespace that are in any of
   * `rooms` (all if empty) and in none of `except`. The text is parsed only where an adapter of npm or a custom parser
   * wants the value.
   */
  emitJson(event: string, json: string, rooms: string[] = [], except: string[] = []): void {
    const { adapter } = this.of('/');
    if (adapter instanceof NativeAdapter && !this.internals.opts.parser) {
      if (RESERVED_EVENTS.has(event)) throw new Error(`"${event}" is a reserved event name`);
      adapter.broadcastJson(event, json, { rooms: new Set(rooms), except: new Set(except) });
      return;
    }
    const target: unknown = this.to(rooms).except(except);
    (target as { emit(name: string, data: unknown): boolean }).emit(event, JSON.parse(json));
  }

  /**
   * From now on clients must authenticate to join a namespace: the engine judges them by the table that the option
   * `access` keeps up to date.
   */
  guardNamespace(name: string, options: GuardOptions): void {
    coreOf(this).guard(name, options);
  }

  /** The engine has changed the rooms of a socket that has an object, by `applyAccess` or `clientEvent`. */
  followRooms(
    nsp: string,
    sid: string,
    joined: readonly string[] = [],
    left: readonly string[] = [],
  ): void {
    const found = this._nsps.get(nsp) as unknown as NamespaceInternals | undefined;
    if (found) coreOf(this).followRooms(found, sid, joined, left);
  }

  /** The addon's engine, while the server is attached to an HTTP server. */
  get native(): Engine | undefined {
    return coreOf(this).native;
  }

  /** Messages of other nodes that were malformed or could not be handled, and were dropped. */
  get droppedMessages(): number {
    return coreOf(this).droppedMessages;
  }

  /** False if nobody is in the room; an adapter of npm has members on servers that this one cannot see. */
  mayHaveMembers(room: string): boolean {
    const { adapter } = this.of('/');
    return !(adapter instanceof NativeAdapter) || adapter.roomSize(room) > 0;
  }

  /**
   * Closes the server: sockets, adapters, engine, and the HTTP server it is attached to. To keep the HTTP server, see
   * {@link detach}.
   */
  override async close(fn?: (err?: Error) => void): Promise<void> {
    const { httpServer } = this;
    await this.closeNamespaces();
    const ended = this.closeEngine(httpServer ? 'end' : 'close');
    const done = guarded((err?: Error) => fn?.(err), coreOf(this).reporter('the close callback'));
    if (!httpServer) return ended.then(() => done());
    // in the same turn: a client that hears of the end finds the port free
    const stopped = new Promise<Error | undefined>((resolve) => httpServer.close(resolve));
    const [err] = await Promise.all([stopped, ended]);
    void this.closeEngine('close'); // nothing comes any more: the routes can go
    done(err);
  }

  /** Closes everything which is ours and leaves the HTTP server listening, as it was before `attach`. */
  async detach(): Promise<void> {
    await this.closeNamespaces();
    await this.closeEngine('close');
  }

  private async closeNamespaces(): Promise<void> {
    const core = coreOf(this);
    const report = core.reporter('closing a namespace');
    const closing = [...this._nsps.values()].map(async (one) => {
      const nsp = one as unknown as NamespaceInternals;
      for (const socket of core.link(nsp).sockets.materialized()) {
        attempt(() => socket._onclose('server shutting down'), report);
      }
      await nsp.adapter.close();
    });
    await Promise.allSettled(closing);
  }

  private async closeEngine(how: 'end' | 'close'): Promise<void> {
    const engine = this.engine as unknown as NativeEngine | { close?(): unknown } | undefined;
    await (engine instanceof NativeEngine ? engine[how]() : engine?.close?.());
  }

  private attachEngine(srv: HttpServer, options: Partial<ServerOptions>): void {
    const core = coreOf(this);
    let engine = this.engine as unknown as NativeEngine | undefined;
    if (!core.native || !(engine instanceof NativeEngine)) {
      engine = new NativeEngine(core, options, this.connectTimeout());
      this.bind(engine);
    }
    const serveFile = this.serveClient() ? this.fileHandler() : undefined;
    engine.attach(srv, options, serveFile);
    this.httpServer = srv;
    this.internals.eio = engine;
  }

  /** Serves the client bundles; socket.io knows how, and which are there is read once. */
  private fileHandler(): (req: IncomingMessage, res: ServerResponse) => boolean {
    const files = new Set(readdirSync(clientBundles));
    const { internals } = this;
    return (req, res) => {
      const prefix = `${internals._path}/`;
      if (!req.url?.startsWith(prefix)) return false;
      const file = req.url.slice(prefix.length).split('?')[0];
      if (!files.has(file)) return false;
      const serve = () => internals.serve(file, req, res);
      if (internals._corsMiddleware) internals._corsMiddleware(req, res, serve);
      else serve();
      return true;
    };
  }

  /** Ties a namespace to the engine, once for each adapter it gets. */
  private tie<N>(nsp: N): N {
    const core = coreOf(this);
    const internals = nsp as unknown as NamespaceInternals;
    const link = core.link(internals);
    if (core.foreignAdapter) mirrorAdapter(internals.adapter, link);
    return nsp;
  }

  /** A matcher which fails refuses the namespace and is reported. */
  private contain(matcher: NamespaceMatcher): NamespaceMatcher {
    const report = coreOf(this).reporter('a namespace function');
    return (name, auth, next) =>
      attempt(
        () => matcher(name, auth, next),
        (error) => {
          report(error);
          next(null, false);
        },
      );
  }

  /** Connections of an engine that is not ours (`bind`, `onconnection`): the engine cannot hold their rooms. */
  private keepRoomsInJavaScript(): void {
    if ((super.adapter() as unknown) === NativeAdapter) super.adapter(Adapter);
  }
}
