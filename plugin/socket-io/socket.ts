/**
 * socket.io's Socket, with errors of listeners, middlewares and acknowledgement callbacks reported instead of thrown
 * out of a timer or a tick, where nobody could catch them.
 */
import { attempt, emitGuarded, guarded, runChain, type Report } from './guard';
import type { LazySockets } from './lazy-sockets';
import type { NamespaceLink } from './namespace-link';
import { guardOperator } from './operator';
import { SocketBase, type Next, type Packet } from './upstream';

/** The name of a client's event, which may be anything. */
const nameOf = ([name]: unknown[]): string =>
  typeof name === 'string' ? `"${name}"` : `nameless (${typeof name})`;

export class Socket extends SocketBase {
  /** Recovered sockets: the offset of the last missed packet they were given. */
  missedUntil: string | undefined;

  private get link(): NamespaceLink {
    return (this.nsp.sockets as LazySockets).link;
  }

  /** `what` is only put into words when something failed: this is on the path of every event. */
  private reporter(what: () => string): Report {
    return (error) => {
      const where = `${what()} of socket ${this.id} (namespace ${this.nsp.name})`;
      this.link.core.report(where, error);
    };
  }

  override emitReserved(event: string, ...args: unknown[]): boolean {
    return emitGuarded(
      this,
      event,
      args,
      this.reporter(() => `the "${event}" listener`),
    );
  }

  override _onconnect(): void {
    super._onconnect();
    this.link.core.connected(this, true);
    if (this.missedUntil !== undefined) this.link.sendMissed(this, this.missedUntil);
  }

  override _onpacket(packet: Packet): void {
    attempt(
      () => super._onpacket(packet),
      this.reporter(() => 'a catch-all listener'),
    );
  }

  override dispatch(event: [string, ...unknown[]]): void {
    this.run(event, (error) => process.nextTick(() => this.handle(event, error)));
  }

  /** In a tick of its own: whatever came out of here would end the process. */
  private handle(event: [string, ...unknown[]], error: unknown): void {
    const report = this.reporter(() => `the ${nameOf(event)} listener`);
    attempt(() => {
      if (error) this._onerror(error);
      else if (this.connected) {
        const [name, ...args] = event; // middlewares may have changed it
        emitGuarded(this, name, args, report);
      }
    }, report);
  }

  override run(event: unknown[], done: Next): void {
    const report = this.reporter(() => 'a packet middleware');
    runChain(this.fns.slice(), event, done, report, (error) => error as Error);
  }

  override registerAckCallback(id: number, ack: (...args: unknown[]) => unknown): void {
    super.registerAckCallback(
      id,
      guarded(
        ack,
        this.reporter(() => 'an acknowledgement callback'),
      ),
    );
  }

  override newBroadcastOperator(): object {
    return guardOperator(super.newBroadcastOperator());
  }

  override onAnyOutgoing(listener: (...args: unknown[]) => void): this {
    this.link.outgoing.add(this);
    return super.onAnyOutgoing(listener);
  }

  override prependAnyOutgoing(listener: (...args: unknown[]) => void): this {
    this.link.outgoing.add(this);
    return super.prependAnyOutgoing(listener);
  }

  override offAnyOutgoing(listener?: (...args: unknown[]) => void): this {
    super.offAnyOutgoing(listener);
    if (this.listenersAnyOutgoing().length === 0) this.link.outgoing.delete(this);
    return this;
  }

  override _cleanup(): void {
    this.link.outgoing.delete(this);
    super._cleanup();
  }
}
