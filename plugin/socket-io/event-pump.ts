/** Carries what happened in the engine to JavaScript, in order and in batches that leave Node's loop room to breathe. */
import { attempt, type Report } from './guard';
import { EventKind, type Engine, type EngineEvent } from './native';

/** Events handled in one turn of the loop. */
const BATCH = 1000;

export class EventPump {
  private closed = false;

  constructor(
    private readonly engine: () => Engine,
    private readonly handle: (event: EngineEvent) => void,
    private readonly report: Report,
  ) {}

  /** Called by the engine, once until the next drain, when events are waiting. */
  readonly wake = (): void => {
    if (this.closed) return;
    const events = this.engine().drain(BATCH);
    for (const event of events) {
      // socket.io handles a packet in later ticks; the end of its connection has to wait for these
      if (event.kind === EventKind.Close) queueMicrotask(() => this.deliver(event));
      else this.deliver(event);
    }
    if (events.length === BATCH) setImmediate(this.wake);
  };

  private deliver(event: EngineEvent): void {
    attempt(() => this.handle(event), this.report);
  }

  close(): void {
    this.closed = true;
  }
}
