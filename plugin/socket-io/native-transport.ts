/** What carries a connection: `conn.transport`. An upgrade puts another one in its place. */
import { EventEmitter } from 'node:events';
import type { Engine } from './native';

export class NativeTransport extends EventEmitter {
  readyState: 'open' | 'closed' = 'open';

  constructor(
    readonly name: string,
    private readonly conn: string,
    private readonly native: Engine,
  ) {
    super();
  }

  /** Whether something sent now would leave at once. */
  get writable(): boolean {
    return this.readyState === 'open' && this.native.writable(this.conn);
  }

  onClose(): void {
    if (this.readyState === 'closed') return;
    this.readyState = 'closed';
    this.emit('close');
  }
}
