/**
 * Time limits for what an adapter of npm asks other nodes. It waits for its own connection (to Redis, say) without a
 * limit, so a server that hangs would leave callers without an answer for good.
 */
import { Adapter, type BroadcastOptions } from 'socket.io-adapter';
import type { Report } from './guard';

type Ack = (error: Error | null, answers?: unknown[]) => void;

/** The methods of npm's adapters that ask; not every adapter has all of them. */
interface Asking {
  requestsTimeout?: number;
  fetchSockets(opts: BroadcastOptions): Promise<unknown[]>;
  serverCount(): Promise<number>;
  allRooms?(): Promise<Set<string>>;
  doPublish?(message: unknown): Promise<string>;
  serverSideEmit(packet: unknown[]): unknown;
  serverSideEmitWithAck?(packet: unknown[]): Promise<unknown>;
}

/** How long adapters wait for other nodes unless told otherwise (milliseconds). */
const REQUESTS_TIMEOUT = 5000;
/** How long an adapter's connection may take to answer or to accept a message (milliseconds). */
const CONNECTION_TIMEOUT = 3000;

/** The newer adapters reach their own sockets only after they have published, in a promise that nobody looks at. */
const SENDING = ['broadcast', 'addSockets', 'delSockets', 'disconnectSockets'] as const;

/** A promise that is certain to resolve, if it is one. */
const handled = (result: unknown, report: Report): unknown =>
  result instanceof Promise ? result.catch(report) : result;

/** Rejects if `work` takes longer than `limit` milliseconds. */
export function withinTime<T>(work: Promise<T>, limit: number, what: string): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${what}: no answer from the adapter within ${limit} ms`)),
      limit,
    );
    timer.unref();
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Replaces the methods of this adapter that may wait for ever. `report` gets the errors that nobody waits for. */
export function boundAdapter(adapter: Adapter, report: Report): void {
  const asking = adapter as unknown as Asking;
  const wait = (asking.requestsTimeout ?? REQUESTS_TIMEOUT) + CONNECTION_TIMEOUT;
  const bound = <K extends 'serverCount' | 'allRooms' | 'doPublish'>(name: K, limit: number) => {
    const method = asking[name] as ((...args: unknown[]) => Promise<unknown>) | undefined;
    if (method === undefined) return;
    const original = method.bind(adapter);
    Object.assign(adapter, {
      [name]: (...args: unknown[]) => withinTime(original(...args), limit, name),
    });
  };
  bound('serverCount', CONNECTION_TIMEOUT);
  bound('doPublish', CONNECTION_TIMEOUT);
  bound('allRooms', wait);

  for (const name of SENDING) {
    const method = adapter[name].bind(adapter) as (...args: unknown[]) => unknown;
    Object.assign(adapter, {
      [name]: (...args: unknown[]) => handled(method(...args), report),
    });
  }

  const fetchSockets = asking.fetchSockets.bind(adapter);
  asking.fetchSockets = (opts) => {
    const asked = Number(opts.flags?.timeout ?? 0) + CONNECTION_TIMEOUT;
    return withinTime(fetchSockets(opts), Math.max(wait, asked), 'fetchSockets');
  };
  // The base class has no other nodes to ask, which the method itself tells.
  if (adapter.serverSideEmit === Adapter.prototype.serverSideEmit) return;
  boundServerSideEmit(asking, adapter, wait, report);
}

/** An acknowledgement is called, with an error if nobody answers in time. */
function boundServerSideEmit(asking: Asking, adapter: Adapter, wait: number, report: Report): void {
  const withAck = asking.serverSideEmitWithAck?.bind(adapter);
  if (withAck) {
    // The Redis adapter forgets the callback if the servers cannot be counted.
    asking.serverSideEmitWithAck = (packet) => {
      const ack = packet.at(-1) as Ack;
      return withAck(packet).catch((error: Error) => ack(error, []));
    };
  }
  const emit = asking.serverSideEmit.bind(adapter);
  asking.serverSideEmit = (packet) => {
    const ack = packet.at(-1);
    if (typeof ack !== 'function') return handled(emit(packet), report);
    let isAnswered = false;
    const answer: Ack = (error, answers) => {
      if (isAnswered) return;
      isAnswered = true;
      clearTimeout(timer);
      (ack as Ack)(error, answers);
    };
    const late = new Error(`serverSideEmit: no answer from the adapter within ${wait} ms`);
    const timer = setTimeout(() => answer(late, []), wait);
    timer.unref();
    return handled(emit([...packet.slice(0, -1), answer]), (error) => answer(error as Error, []));
  };
}
