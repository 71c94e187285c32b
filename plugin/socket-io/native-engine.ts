/**
 * In the place of engine.io's Server: `io.engine`. Takes HTTP requests and upgrades to the native engine and its answers
 * back, and ends with it.
 */
import { EventEmitter } from 'node:events';
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { serialize } from 'cookie';
import cors from 'cors';
import {
  admit,
  errorMessages,
  errors,
  generateId,
  Refused,
  type EngineMiddleware,
  type GenerateId,
} from './admission';
import { Bodies, type BodyFailure } from './bodies';
import { Connections } from './connections';
import type { Core } from './core';
import { forwardedOf, type EngineRequest } from './engine-request';
import { EventPump } from './event-pump';
import { attempt, type Report } from './guard';
import { attachRoutes } from './http-attach';
import { logOf } from './logger';
import {
  EventKind,
  NativeEngineHandle,
  type Engine,
  type EngineEvent,
  type RequestHead,
} from './native';
import type { NativeConn } from './native-conn';
import {
  engineOptions,
  resolveOptions,
  warnOfUnsupported,
  type ResolvedOptions,
  type ServerOptions,
} from './options';
import { answer, headersOf, refuseBody } from './polling';
import { StreamBridge } from './stream-bridge';
import { UnreadAnswers } from './unread-answers';
import { descriptorOf, flatHeaders, readAhead, refuseUpgrade, UpgradeResponse } from './upgrade';

type AttachOptions = Partial<Pick<ServerOptions, 'path' | 'addTrailingSlash'>>;
/** Events of `io.engine` which tell of every connection. */
const CONNECTION_EVENTS = ['drain', 'flush'];

/** Whether the engine could not take a connection over, as when descriptors have run out. */
const isHandoffFailure = (error: unknown) => String(error).includes('[HANDOFF_FAILED]');

type Listener = (...args: unknown[]) => void;
type RequestHandler = (req: IncomingMessage, res: ServerResponse) => boolean;

export class NativeEngine extends EventEmitter {
  static readonly errors = errors;
  static readonly errorMessages = errorMessages;

  readonly opts: ResolvedOptions;
  readonly native: Engine;
  readonly middlewares: EngineMiddleware[] = [];
  readonly report: Report;

  private readonly conns: Connections;
  private readonly pump: EventPump;
  private readonly bodies: Bodies;
  private readonly answers: UnreadAnswers;
  private readonly streams: StreamBridge;
  private readonly undo: (() => void)[] = [];
  private userMiddlewares = false;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly core: Core,
    options: Partial<ServerOptions>,
    connectTimeout: number,
  ) {
    super();
    const logger = logOf(options.logger);
    warnOfUnsupported(options, logger);
    this.opts = resolveOptions(options);
    this.report = core.reporter('a listener of the engine');
    this.pump = new EventPump({
      engine: () => this.native,
      handle: (event) => this.handleEvent(event),
      report: this.report,
    });
    this.native = new NativeEngineHandle(engineOptions(this.opts, connectTimeout), this.pump.wake);
    const { maxHttpBufferSize, pingInterval, pingTimeout } = this.opts;
    // A client that is still sending a body cannot answer a ping either.
    this.bodies = new Bodies(maxHttpBufferSize, pingInterval + pingTimeout);
    this.answers = new UnreadAnswers(pingInterval + pingTimeout);
    this.streams = new StreamBridge(this.native);
    this.conns = new Connections(this, this.native, core, this.report);
    if (this.opts.cors) this.middlewares.push(cors(this.opts.cors) as EngineMiddleware);
    core.connOf = (id) => this.conns.get(id);
    core.engineDemand = () =>
      this.userMiddlewares ||
      this.listenerCount('connection') > 1 ||
      CONNECTION_EVENTS.some((name) => this.listenerCount(name) > 0);
    core.open(this.native, logger);
  }

  /** Number of open connections, with or without a JavaScript object. */
  get clientsCount(): number {
    return this.native.clientsCount();
  }

  /** Where the client of a request is, as the engine's rules see it. */
  addressOf(req: IncomingMessage): string {
    const peer = req.socket.remoteAddress ?? '';
    return this.native.clientAddress(peer, forwardedOf(req, this.opts.proxy));
  }

  /** The connections by id; reading one makes its object. */
  get clients(): Record<string, NativeConn> {
    const lookup = (id: string | symbol) =>
      typeof id === 'string' ? this.conns.get(id) : undefined;
    return new Proxy<Record<string, NativeConn>>(
      {},
      {
        get: (_, id) => lookup(id),
        has: (_, id) => lookup(id) !== undefined,
        ownKeys: () => this.native.connIds(),
        getOwnPropertyDescriptor: (_, id) => ({
          value: lookup(id),
          enumerable: true,
          configurable: true,
        }),
      },
    );
  }

  override on(event: string | symbol, listener: Listener): this {
    super.on(event, listener);
    return this.watch(event);
  }

  override addListener(event: string | symbol, listener: Listener): this {
    return this.on(event, listener);
  }

  override prependListener(event: string | symbol, listener: Listener): this {
    super.prependListener(event, listener);
    return this.watch(event);
  }

  /** Asks for what an event needs: nobody pays for what nobody listens to. */
  private watch(event: string | symbol): this {
    const isOfConnections = CONNECTION_EVENTS.includes(event as string);
    if (event === 'connection' || isOfConnections) this.core.eager();
    if (isOfConnections) this.conns.watchAll(event as string);
    return this;
  }

  /** Adds a middleware in the style of connect, run for each HTTP request and upgrade of ours. */
  use(fn: EngineMiddleware): void {
    this.middlewares.push(fn);
    // What a middleware leaves on the request (a session) must be there for the handlers: keep the real request.
    this.userMiddlewares = true;
    this.core.eager();
  }

  /** Set it to choose the session ids. */
  generateId: GenerateId = generateId;

  /** Serves one path of an HTTP server until this engine or that server is closed. */
  attach(server: HttpServer, options: AttachOptions = {}, serveFile?: RequestHandler): void {
    const slash = options.addTrailingSlash === false ? '' : '/';
    const path = (options.path ?? '/engine.io').replace(/\/$/, '') + slash;
    const claims = (req: IncomingMessage) => req.url?.startsWith(path) ?? false;
    const detach = attachRoutes(server, {
      claims,
      upgrades: (this.opts.transports as string[]).includes('websocket'),
      request: (req, res) => {
        if (serveFile?.(req, res)) return true;
        if (!claims(req)) return false;
        this.handleRequest(req, res);
        return true;
      },
      upgrade: (req, socket, head) => this.handleUpgrade(req, socket, head),
    });
    const onClose = () => void this.close();
    server.on('close', onClose);
    this.undo.push(detach, () => server.off('close', onClose));
  }

  handleRequest(req: IncomingMessage, res: ServerResponse): void {
    this.serve(req, res).catch((error: unknown) => {
      if (!(error instanceof Refused)) return this.fail(error, () => res.destroy());
      this.refuse(req, error);
      if (!res.headersSent) {
        res.writeHead(error.status, { 'Content-Type': 'application/json' });
      }
      if (!res.writableEnded) res.end(error.body);
    });
  }

  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    const onError = () => socket.destroy();
    socket.on('error', onError);
    this.upgrade(req, socket, head).catch((error: unknown) => {
      if (isHandoffFailure(error)) return onError(); // the engine has logged it, within a limit
      if (!(error instanceof Refused)) return this.fail(error, onError);
      this.refuse(req, error);
      refuseUpgrade(socket, error);
    });
  }

  /** Closes every connection and gives back all that was taken, except the HTTP server itself. Idempotent. */
  close(): Promise<void> {
    this.release();
    return this.end();
  }

  /**
   * Closes every connection; what still comes for our path is refused until {@link close}, so that no request stays
   * unanswered while the HTTP server closes. Idempotent.
   */
  end(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private release(): void {
    for (const undo of this.undo.splice(0)) undo();
  }

  private async shutDown(): Promise<void> {
    this.conns.closeAll();
    await this.native.close();
    this.pump.flush(); // what the last connections still had to say
    this.streams.close();
    this.core.shut(this.native);
  }

  private async serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { head, id } = await admit(this, req, res, false);
    let body: Buffer | null = null;
    if (head.method === 'POST') {
      if (!this.native.beginPost(head)) return refuseBody(res, 400);
      const read = await this.bodies.read(req);
      if (!Buffer.isBuffer(read)) return this.withoutBody(read, head, res);
      body = read;
    }
    const polled = head.method === 'GET' ? head.sid : null;
    if (polled !== null && this.answers.isUnread(polled)) return this.overlap(polled, res);
    const onClose = () => res.writableFinished || this.abort(head);
    res.once('close', onClose);
    const attach = this.wantsObject(head);
    const reply = await this.native.handle(head, body, id, attach);
    if (reply.id && attach) this.conns.open(reply.id, req as EngineRequest);
    if (res.destroyed) return;
    if (polled !== null && !this.answers.add(polled, res)) return this.overlap(polled, res);
    const headers = headersOf(reply, req);
    if (reply.status === 200)
      this.announceHeaders(headers, req, head.sid === null, reply.id ?? head.sid);
    await answer(req, res, reply, headers, this.opts.httpCompression);
  }

  /** A second poll before the client has read the answer to the first ends the session, as while that is pending. */
  private overlap(sid: string, res: ServerResponse): void {
    this.conns.failing(sid, 'overlap from client');
    this.native.abortPoll(sid);
    this.answers.drop(sid);
    res.writeHead(400).end();
  }

  /** Whether JavaScript takes part in a new connection: it greets the clients of Socket.IO 2.x, which do not ask. */
  private wantsObject({ eio }: RequestHead): boolean {
    return this.core.eager() || eio === '3';
  }

  private withoutBody(failure: BodyFailure, head: RequestHead, res: ServerResponse): void {
    if (failure === 413 || failure === 503) this.native.endPost(head.sid ?? '');
    else this.abort(head);
    if (failure !== 'aborted') refuseBody(res, failure);
  }

  private async upgrade(req: IncomingMessage, socket: Duplex, ahead: Buffer): Promise<void> {
    const res = new UpgradeResponse(socket);
    const { head, id } = await admit(this, req, res, true);
    res.writeHead();
    this.announceHeaders(res.headers, req, head.sid === null, null);
    if (socket.destroyed) return;
    const attach = this.wantsObject(head);
    const leftover = readAhead(socket, ahead);
    const headers = flatHeaders(res.headers);
    const fd = descriptorOf(socket);
    let conn: string;
    if (fd === undefined) {
      conn = this.streams.open(socket, leftover, head, id, headers, attach);
    } else {
      conn = this.native.handoff(fd, leftover, head, id, headers, attach);
      socket.destroy(); // closes Node's descriptor only: the engine has its own
    }
    if (attach && head.sid === null) this.conns.open(conn, req as EngineRequest);
  }

  private announceHeaders(
    headers: Record<string, unknown>,
    req: IncomingMessage,
    initial: boolean,
    conn: string | null,
  ): void {
    const { cookie } = this.opts;
    if (initial) {
      if (conn && typeof cookie === 'object' && cookie !== null) {
        headers['Set-Cookie'] = [serialize(cookie.name ?? 'io', conn, cookie)];
      }
      this.emit('initial_headers', headers, req);
    }
    this.emit('headers', headers, req);
    if (conn) this.conns.known(conn)?.transport.emit('headers', headers, req);
  }

  private refuse(req: IncomingMessage, { code, message, context }: Refused): void {
    attempt(() => this.emit('connection_error', { req, code, message, context }), this.report);
  }

  private fail(error: unknown, hangUp: () => unknown): void {
    hangUp();
    if (!this.closing) this.core.report('a request', error);
  }

  private abort({ sid, method }: RequestHead): void {
    if (!sid || this.closing) return;
    const what = method === 'GET' ? 'poll' : 'data request';
    this.conns.failing(sid, `${what} connection closed prematurely`);
    this.native.abortPoll(sid);
  }

  private handleEvent(event: EngineEvent): void {
    if (this.streams.handle(event)) return;
    if (event.kind === EventKind.Log) this.core.log(event.text ?? '');
    else if (event.kind === EventKind.Access) this.core.server.opts.access?.work();
    else if (event.kind === EventKind.Expired) this.core.expired(event.text ?? '');
    else this.conns.handle(event);
  }
}
