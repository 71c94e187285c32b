import type { Socket } from 'socket.io-client';

const ANSWER_TIMEOUT = 10_000;

/** What the server answers to the panel's events. */
type Answer<T> = ({ success: true } & T) | { success: false; error: string };

/** Sends an event and waits for its acknowledgement. Rejects when there is none; a refusal is an answer. */
export const request = <T extends object>(
  socket: Socket,
  event: string,
  payload: object,
): Promise<Answer<T>> =>
  socket.timeout(ANSWER_TIMEOUT).emitWithAck(event, payload) as Promise<Answer<T>>;
