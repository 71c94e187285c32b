/** Answers to polls that their clients have not read to the end: one for each session, and for a bounded time. */
import type { ServerResponse } from 'node:http';

export class UnreadAnswers {
  private readonly answers = new Map<string, ServerResponse>();

  constructor(
    /** Milliseconds a client may take to read an answer. Its session cannot live longer without another poll. */
    private readonly timeout: number,
  ) {}

  /** Whether the session has an answer that its client has not read. */
  isUnread(sid: string): boolean {
    return this.answers.has(sid);
  }

  /** The answer is about to be written. False: the one before is not read. */
  add(sid: string, res: ServerResponse): boolean {
    if (this.answers.has(sid)) return false;
    this.answers.set(sid, res);
    const timer = setTimeout(() => res.destroy(), this.timeout);
    timer.unref();
    const forget = () => {
      clearTimeout(timer);
      if (this.answers.get(sid) === res) this.answers.delete(sid);
    };
    res.once('finish', forget);
    res.once('close', forget);
    return true;
  }

  /** The session ends: its answer takes no more memory. */
  drop(sid: string): void {
    this.answers.get(sid)?.destroy();
  }
}
