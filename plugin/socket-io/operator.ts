/**
 * socket.io's BroadcastOperator, with errors of acknowledgement callbacks and of the adapter reported: it has to do with
 * these in timers and promises, where an error would end the process.
 */
import type { Adapter } from 'socket.io-adapter';
import { guarded, type Report } from './guard';
import type { LazySockets } from './lazy-sockets';
import { BroadcastOperator, type NamespaceInternals } from './upstream';

interface Operator {
  readonly adapter: Adapter;
  readonly volatile: Operator;
  readonly local: Operator;
  to(rooms: unknown): Operator;
  in(rooms: unknown): Operator;
  except(rooms: unknown): Operator;
  compress(on: boolean): Operator;
  timeout(ms: number): Operator;
  emit(event: string, ...args: unknown[]): boolean;
}

const OperatorBase = BroadcastOperator as unknown as new (adapter: Adapter) => Operator;

class GuardedOperator extends OperatorBase {
  override to(rooms: unknown): Operator {
    return guardOperator(super.to(rooms));
  }

  override except(rooms: unknown): Operator {
    return guardOperator(super.except(rooms));
  }

  override compress(on: boolean): Operator {
    return guardOperator(super.compress(on));
  }

  override timeout(ms: number): Operator {
    return guardOperator(super.timeout(ms));
  }

  override get volatile(): Operator {
    return guardOperator(super.volatile);
  }

  override get local(): Operator {
    return guardOperator(super.local);
  }

  override emit(event: string, ...args: unknown[]): boolean {
    const ack = args.at(-1);
    if (typeof ack !== 'function') return super.emit(event, ...args);
    const sockets = (this.adapter.nsp as NamespaceInternals).sockets as LazySockets;
    const { core } = sockets.link;
    args[args.length - 1] = guarded(
      ack as (...args: unknown[]) => unknown,
      core.reporter(`the acknowledgement callback of a broadcast of "${event}"`),
    );
    const report = core.reporter(`counting the servers for a broadcast of "${event}"`);
    const operator = { ...this, adapter: adapterOfAcks(this.adapter, sockets, report) };
    return super.emit.call(operator, event, ...args);
  }
}

/**
 * What socket.io asks of the adapter for acknowledgements. When time is up it goes through the sockets, of which only
 * those with an object can still wait for an answer; servers that cannot be counted are waited for until then.
 */
function adapterOfAcks(adapter: Adapter, sockets: LazySockets, report: Report): Adapter {
  const narrowed = {
    nsp: { sockets: { forEach: (fn: () => void) => sockets.materialized().forEach(fn) } },
    broadcastWithAck: adapter.broadcastWithAck.bind(adapter),
    serverCount: () =>
      adapter.serverCount().catch((error: unknown) => {
        report(error);
        return NaN;
      }),
  };
  return narrowed as unknown as Adapter;
}

/** Turns an operator which socket.io made into a guarded one. */
export function guardOperator<T extends object>(operator: T): T {
  return Object.setPrototypeOf(operator, GuardedOperator.prototype) as T;
}

/** Makes every broadcast of a namespace start from a guarded operator. */
export function guardOperators(nsp: NamespaceInternals): void {
  const operator = () => new GuardedOperator(nsp.adapter);
  Object.assign(nsp, {
    to: (rooms: unknown) => operator().to(rooms),
    in: (rooms: unknown) => operator().to(rooms),
    except: (rooms: unknown) => operator().except(rooms),
    compress: (on: boolean) => operator().compress(on),
    timeout: (ms: number) => operator().timeout(ms),
    emit: (event: string, ...args: unknown[]) => operator().emit(event, ...args),
  });
  Object.defineProperties(nsp, {
    volatile: { get: () => operator().volatile, configurable: true },
    local: { get: () => operator().local, configurable: true },
  });
}
