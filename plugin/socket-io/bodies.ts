/** Bodies of polling requests: bounded each, all together, and in time. */
import type { IncomingMessage } from 'node:http';

/** Bytes of unfinished bodies, all together, above which only small ones are read. */
const MAX_TOGETHER = 64 * 1024 * 1024;
/** Bytes of a body that is always read. */
const SMALL = 16 * 1024;
/** Milliseconds without progress after which a larger body makes room for others. */
const STALLED = 5000;

/** Why a body will not come, as the HTTP status to answer; `aborted`: there is nobody to answer. */
export type BodyFailure = 408 | 413 | 503 | 'aborted';

export class Bodies {
  private held = 0;
  /** How to give up a body larger than that, and when it went on last; the longest ago first. */
  private readonly large = new Map<(failure: BodyFailure) => void, number>();

  constructor(
    /** Bytes of one body. */
    private readonly limit: number,
    /** Milliseconds a body may take. */
    private readonly timeout: number,
  ) {}

  /** Resolves with the body, or with why it was given up; what the client still sends then is dropped. */
  read(req: IncomingMessage): Promise<Buffer | BodyFailure> {
    if (Number(req.headers['content-length']) > this.limit) return Promise.resolve(413);
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      let length = 0;
      let settled = false;
      const settle = (outcome: Buffer | BodyFailure) => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        this.large.delete(settle);
        this.held -= length;
        chunks.length = 0;
        resolve(outcome);
      };
      const timer = setTimeout(() => settle(408), this.timeout);
      req.on('data', (chunk: Buffer) => {
        if (settled) return;
        chunks.push(chunk);
        length += chunk.length;
        this.held += chunk.length;
        if (length > this.limit) return settle(413);
        if (length <= SMALL) return;
        this.large.delete(settle);
        this.large.set(settle, performance.now());
        if (this.held > MAX_TOGETHER && !this.giveUpStalled()) settle(503);
      });
      req.on('end', () => settle(Buffer.concat(chunks)));
      req.on('close', () => settle('aborted'));
      req.on('error', () => settle('aborted'));
    });
  }

  /** Gives up the body that waits longest for its rest. False: all of them go on. */
  private giveUpStalled(): boolean {
    const [longest] = this.large;
    if (longest === undefined || performance.now() - longest[1] < STALLED) return false;
    longest[0](408);
    return true;
  }
}
