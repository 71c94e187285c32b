/**
 * One client connection, in the place of engine.io's Socket: what `socket.conn` is, and what socket.io's Client reads
 * packets from and writes them to. It exists only for connections which JavaScript takes part in.
 */
import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Engine } from './native';
import { NativeTransport } from './native-transport';
import { payload } from './payloads';
import { currentTurn } from './turn';
import type { Encoded, WriteOptions } from './upstream';

type ReadyState = 'open' | 'closing' | 'closed';
type SendCallback = () => void;
type Listener = (...args: unknown[]) => void;

/** An Engine.IO packet, as `packet`, `packetCreate` and `flush` tell of it. */
interface EnginePacket {
  type: 'message' | 'ping' | 'pong';
  data?: Encoded;
  options?: WriteOptions;
}

/** What is known of a connection when its object is made. */
export interface ConnInfo {
  id: string;
  protocol: number;
  transport: string;
  remoteAddress: string;
  request: IncomingMessage;
}

export class NativeConn extends EventEmitter {
  readonly id: string;
  readonly protocol: number;
  readonly request: IncomingMessage;
  readonly remoteAddress: string;
  transport: NativeTransport;
  readyState: ReadyState = 'open';
  upgraded = false;
  /** Always empty: what is not written yet waits in the engine. */
  readonly writeBuffer: readonly unknown[] = [];

  /** What a transport error is told to be. */
  failure = 'transport error';

  private address: string | undefined;
  private callbacks: SendCallback[] = [];
  /** What `flush` will tell of, if anybody listens. The engine bounds it: it lets go who cannot keep up. */
  private unflushed: EnginePacket[] | undefined;
  /** The transport that may take over. */
  private candidate: NativeTransport | undefined;

  constructor(
    /** The engine this connection belongs to, as `io.engine`. */
    readonly server: EventEmitter,
    private readonly native: Engine,
    /** Where a connection with listeners for what is sent is entered. */
    private readonly observed: Set<NativeConn>,
    info: ConnInfo,
  ) {
    super();
    this.id = info.id;
    this.protocol = info.protocol;
    this.request = info.request;
    this.remoteAddress = info.remoteAddress;
    this.transport = new NativeTransport(info.transport, info.id, native);
    for (const event of ['drain', 'flush']) if (server.listenerCount(event) > 0) this.watch(event);
  }

  /** Where the client is, as the engine's rules see it: `remoteAddress` is the peer, which may be a proxy. */
  get clientAddress(): string {
    this.address ??= this.native.connAddress(this.id) ?? undefined;
    return this.address ?? this.remoteAddress;
  }

  send(data: unknown, options?: object | SendCallback, callback?: SendCallback): this {
    if (this.readyState !== 'open') return this;
    if (typeof options === 'function') return this.send(data, {}, options as SendCallback);
    if (callback) {
      this.callbacks.push(callback);
      this.native.watchDrain(this.id, true);
    }
    return this.sendPacket([payload(data)], { ...options, volatile: false });
  }

  /** Sends a packet and its attachments; a volatile one is dropped unless it can leave at once. */
  sendPacket(packet: Encoded[], options: WriteOptions): this {
    if (this.readyState !== 'open') return this;
    this.announce(packet, options);
    this.native.write(this.id, packet, Boolean(options.volatile), currentTurn());
    return this;
  }

  /** Tells of what is sent, if anybody listens. A volatile packet that will be dropped is none. */
  announce(packet: Encoded[], options: WriteOptions = {}): void {
    if (!this.observed.has(this) || (options.volatile && !this.transport.writable)) return;
    const compress = options.compress !== false;
    for (const data of packet) {
      this.created({ type: 'message', data, options: { ...options, compress } });
    }
  }

  write(data: unknown, options?: object | SendCallback, callback?: SendCallback): this {
    return this.send(data, options, callback);
  }

  override on(event: string | symbol, listener: Listener): this {
    this.watch(event);
    return super.on(event, listener);
  }

  override addListener(event: string | symbol, listener: Listener): this {
    return this.on(event, listener);
  }

  override prependListener(event: string | symbol, listener: Listener): this {
    this.watch(event);
    return super.prependListener(event, listener);
  }

  /** Asks the engine for what an event needs: nobody pays for what nobody listens to. */
  watch(event: string | symbol): void {
    if (this.readyState === 'closed') return;
    if (event === 'drain' || event === 'flush') this.native.watchDrain(this.id, true);
    if (event === 'flush') this.unflushed ??= [];
    if (event === 'flush' || event === 'packetCreate') this.observed.add(this);
    if (event === 'packet' || event === 'packetCreate' || event === 'heartbeat') {
      this.native.watchHeartbeat(this.id, true);
    }
  }

  /** Closes after what was sent before, or at once if `discard` is set. */
  close(discard = false): this {
    if (this.readyState === 'closed' || (this.readyState === 'closing' && !discard)) return this;
    // A poll that is not there yet has to come before the client can hear of it; everything else ends now.
    const waits = !discard && this.transport.name === 'polling' && !this.transport.writable;
    this.readyState = 'closing';
    this.native.closeConn(this.id, discard);
    if (!waits) this.onClose('forced close');
    return this;
  }

  onMessage(message: string | Buffer): void {
    if (this.readyState !== 'open') return;
    // engine.io's parser has no data for a message without any
    const data = message === '' ? undefined : message;
    if (this.listenerCount('packet') > 0) this.received({ type: 'message', data });
    this.emit('data', data);
    this.emit('message', data);
  }

  /** The server pings; up to protocol 3 the client did. */
  onPing(): void {
    if (this.readyState !== 'open') return;
    if (this.protocol === 3) this.received({ type: 'ping' });
    else this.created({ type: 'ping', options: { compress: true } });
  }

  onPong(): void {
    if (this.readyState !== 'open') return;
    if (this.protocol === 3) this.created({ type: 'pong', options: { compress: true } });
    else this.received({ type: 'pong' });
    this.emit('heartbeat');
  }

  onUpgrading(): void {
    this.candidate = new NativeTransport('websocket', this.id, this.native);
    this.emit('upgrading', this.candidate);
  }

  onUpgrade(): void {
    const former = this.transport;
    this.transport = this.candidate ?? new NativeTransport('websocket', this.id, this.native);
    this.candidate = undefined;
    this.upgraded = true;
    former.onClose();
    this.emit('upgrade', this.transport);
  }

  onDrain(): void {
    const packets = this.unflushed?.splice(0);
    if (packets?.length) {
      this.emit('flush', packets);
      this.server.emit('flush', this, packets);
    }
    const callbacks = this.callbacks;
    this.callbacks = [];
    for (const callback of callbacks) callback();
    this.emit('drain');
    this.server.emit('drain', this);
  }

  onClose(reason: string): void {
    if (this.readyState === 'closed') return;
    this.readyState = 'closed';
    this.observed.delete(this);
    this.callbacks = [];
    this.unflushed = undefined;
    this.transport.onClose();
    this.emit('close', reason, reason === 'transport error' ? this.error() : undefined);
  }

  private received(packet: EnginePacket): void {
    this.emit('packet', packet);
  }

  private created(packet: EnginePacket): void {
    this.emit('packetCreate', packet);
    this.unflushed?.push(packet);
  }

  private error(): Error {
    return Object.assign(new Error(this.failure), { type: 'TransportError' });
  }
}
