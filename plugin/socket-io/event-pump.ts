/**
 * Carries what happened in the engine to JavaScript: in order, and in portions that leave Node's loop to everybody else.
 *
 * What a packet is parsed to waits for later ticks, so one portion is dealt with, handlers included, before the next is
 * fetched; what clients send does not pile up here, whether or not anybody listens.
 */
import { attempt, type Report } from './guard';
import { EventKind, type Engine, type EngineEvent } from './native';

/** Events fetched at a time. */
const PORTION_EVENTS = 64;
/** Bytes fetched at a time; a larger event comes alone. */
const PORTION_BYTES = 64 * 1024;
/** Milliseconds of portions in one turn of the loop. */
const TURN = 5;
/** Milliseconds left to others, at most, after a single portion has taken much longer than a turn may. */
const MAX_REST = 25;

export interface PumpTarget {
  engine: () => Engine;
  handle: (event: EngineEvent) => void;
  report: Report;
}

export class EventPump {
  /** Gone once the engine is closed: its addon keeps `wake`, which would keep the server in memory for good. */
  private target: PumpTarget | undefined;

  constructor(target: PumpTarget) {
    this.target = target;
  }

  /** Called by the engine, once until nothing was left to fetch, when events are waiting. */
  readonly wake = (): void => this.portion(performance.now());

  /** Delivers what is left, after the engine was closed: it has no messages of clients any more. */
  flush(): void {
    while (this.deliver());
    this.target = undefined;
  }

  private portion(begin: number): void {
    // A microtask comes after the ticks in which socket.io handles the packets of this portion.
    if (this.deliver()) queueMicrotask(() => this.next(begin));
  }

  private next(begin: number): void {
    const spent = performance.now() - begin;
    if (spent < TURN) this.portion(begin);
    else if (spent < 2 * TURN) setImmediate(this.wake);
    else setTimeout(this.wake, Math.min(spent / 2, MAX_REST));
  }

  /** One portion. False: nothing was left. */
  private deliver(): boolean {
    const { target } = this;
    if (target === undefined) return false;
    const events = target.engine().drain(PORTION_EVENTS, PORTION_BYTES);
    for (const event of events) {
      const handle = () => attempt(() => target.handle(event), target.report);
      // socket.io handles a packet in later ticks; the end of its connection has to wait for these
      if (event.kind === EventKind.Close) queueMicrotask(handle);
      else handle();
    }
    return events.length > 0;
  }
}
