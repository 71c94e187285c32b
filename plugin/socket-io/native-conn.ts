/**
 * One client connection, in the place of engine.io's Socket: what `socket.conn` is, and what socket.io's Client reads
 * packets from and writes them to. It exists only for connections which JavaScript takes part in.
 */
import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Engine } from './native';
import { payload } from './payloads';
import { currentTurn } from './turn';
import type { Encoded, WriteOptions } from './upstream';

type ReadyState = 'open' | 'closing' | 'closed';
type SendCallback = () => void;

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
  readonly transport: { name: string; readonly writable: boolean };
  readyState: ReadyState = 'open';
  upgraded = false;
  /** Always empty: what is not written yet waits in the engine. */
  readonly writeBuffer: readonly unknown[] = [];

  /** What a transport error is told to be. */
  failure = 'transport error';

  private callbacks: SendCallback[] = [];

  constructor(
    /** The engine this connection belongs to, as `io.engine`. */
    readonly server: EventEmitter,
    private readonly native: Engine,
    /** Where a connection with `packetCreate` listeners is entered. */
    private readonly observed: Set<NativeConn>,
    info: ConnInfo,
  ) {
    super();
    this.id = info.id;
    this.protocol = info.protocol;
    this.request = info.request;
    this.remoteAddress = info.remoteAddress;
    this.transport = {
      name: info.transport,
      get writable() {
        return native.writable(info.id);
      },
    };
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

  /** Tells of what is sent. */
  announce(packet: Encoded[], options: WriteOptions = {}): void {
    if (this.listenerCount('packetCreate') === 0) return;
    const compress = options.compress !== false;
    for (const data of packet) {
      this.emit('packetCreate', { type: 'message', data, options: { ...options, compress } });
    }
  }

  write(data: unknown, options?: object | SendCallback, callback?: SendCallback): this {
    return this.send(data, options, callback);
  }

  /** Who listens for `drain` gets it after each write; nobody else pays for these events. */
  override on(event: string | symbol, listener: (...args: never[]) => void): this {
    if (event === 'drain') this.native.watchDrain(this.id, true);
    if (event === 'packetCreate') this.observed.add(this);
    return super.on(event, listener as (...args: unknown[]) => void);
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

  onMessage(data: string | Buffer): void {
    if (this.readyState !== 'open') return;
    if (this.listenerCount('packet') > 0) this.emit('packet', { type: 'message', data });
    this.emit('data', data);
    this.emit('message', data);
  }

  onUpgrade(): void {
    this.transport.name = 'websocket';
    this.upgraded = true;
    this.emit('upgrade', this.transport);
  }

  onDrain(): void {
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
    this.emit('close', reason, reason === 'transport error' ? this.error() : undefined);
  }

  private error(): Error {
    return Object.assign(new Error(this.failure), { type: 'TransportError' });
  }
}
