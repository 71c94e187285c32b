import type { IncomingMessage } from 'node:http';

import type { EventLogEntry } from '../../shared/monitoring';
import type { Settings } from '../../shared/settings';
import type { Engine, LogEntry } from '../../socket-io/native';
import type { NativeEngine } from '../../socket-io/native-engine';
import type { SocketIOSocket, Strapi } from '../types';
import { getService } from '../utils/get-service';
import type { Redactor } from '../utils/redact';
import type { Describer } from './describe';
import { MAX_BATCH, MAX_BATCH_BYTES, MAX_LOG, MAX_LOG_BYTES } from './limits';

/** What has to do with connections; everything else is an event. */
const CONNECTION_TYPES = new Set(['connect', 'disconnect', 'forced-disconnect', 'refused']);

const MAX_TYPE_LENGTH = 200;

/** engine.io's code for a request that was understood and not allowed. */
const FORBIDDEN = 4;

/** A refused request, as `io.engine` tells of it. */
interface ConnectionError {
  req?: IncomingMessage;
  code: number;
  message: string;
  /** `reason`: the engine's, `message`: what `allowRequest` said. */
  context?: { reason?: unknown; message?: unknown };
}

/** Some of the log, oldest first. */
export interface LogBatch {
  entries: EventLogEntry[];
  /** How many more there were before these. */
  dropped: number;
  /** Where to go on. */
  next: number;
}

/** What the engine notes of a connection that has no object. */
interface Connected {
  handshake: { address: string; issued: number; url: string };
}

/** Counts and logs, in the engine, what happens on this node. Nothing secret enters the log. */
export function createRecorder(strapi: Strapi, describe: Describer, redact: Redactor) {
  const settings = (): Settings['monitoring'] =>
    getService(strapi, 'settings').current().monitoring;
  const server = () => getService(strapi, 'server');
  const engine = (): Engine => server().requireEngine();
  let stopListening: (() => void) | null = null;

  const readEntry = ({ timestamp, type, data }: LogEntry): EventLogEntry => {
    const value = JSON.parse(data) as Partial<Connected> | null;
    if (type !== 'connect' || value?.handshake?.url === undefined) {
      return { timestamp, type, data: value };
    }
    return { timestamp, type, data: { ...value, handshake: describe.opening(value.handshake) } };
  };

  const isLogged = (type: string): boolean =>
    CONNECTION_TYPES.has(type) ? settings().enableConnectionLogging : settings().enableEventLogging;

  const record = (type: string, data?: unknown): void => {
    // Nothing to count for before the server is there and after it has gone.
    const running = server().engine();
    if (running === undefined) return;
    const logged = isLogged(type);
    const text = logged ? redact.text(data) : 'null';
    running.recordEvent(type.slice(0, MAX_TYPE_LENGTH), text, logged);
  };

  /** Connections without an object are recorded by the engine. */
  const onSocket = (socket: SocketIOSocket, isNew: boolean): void => {
    const admin = describe.admin(socket);
    const about = {
      socketId: socket.id,
      user: describe.user(socket),
      ...(admin === null ? {} : { admin }),
    };
    if (isNew) record('connect', { ...about, handshake: describe.handshake(socket) });
    socket.once('disconnect', (reason) => record('disconnect', { ...about, reason }));
  };

  const addressOf = (req: IncomingMessage): string =>
    (server().io().engine as unknown as NativeEngine).addressOf(req);

  const onRefusal = ({ req, code, message, context }: ConnectionError): void => {
    if (code !== FORBIDDEN) return;
    const reason = context?.reason ?? context?.message ?? message;
    record('refused', {
      reason,
      address: req === undefined ? '' : addressOf(req),
    });
  };

  const apply = ({ monitoring }: Settings): void => {
    server().engine()?.setEventLogSize(monitoring.maxEventLogSize);
    server().engine()?.setConnectionLogging(monitoring.enableConnectionLogging);
    server().engine()?.setEventLogging(monitoring.enableEventLogging);
  };

  return {
    /** Listens to the server, from before its first connection until `stop`. */
    start(): void {
      const { current, onChange } = getService(strapi, 'settings');
      apply(current());
      const unsubscribe = onChange(apply);
      const io = server().io();
      server().onSocket(onSocket);
      io.engine.on('connection_error', onRefusal);
      stopListening = () => {
        unsubscribe();
        io.engine.off('connection_error', onRefusal);
      };
    },

    stop(): void {
      stopListening?.();
      stopListening = null;
    },

    record,

    /** The last `limit` entries, oldest first; fewer if they have more than `maxBytes` of data. */
    log(limit: number, maxBytes: number = MAX_LOG_BYTES): EventLogEntry[] {
      const count = Number.isFinite(limit) ? Math.max(0, Math.trunc(limit)) : 0;
      if (count === 0) return [];
      const { entries } = engine().logSince(0, Math.min(count, MAX_LOG), maxBytes);
      return entries.map(readEntry);
    },

    /** Where the log ends now: see `logSince`. */
    endOfLog: (): number => engine().endOfLog(),

    /** What was logged since then, or since the last batch, as far as it fits into a batch. */
    logSince(since: number): LogBatch {
      const { entries, dropped, next } = engine().logSince(since, MAX_BATCH, MAX_BATCH_BYTES);
      return { entries: entries.map(readEntry), dropped, next };
    },
  };
}

export type Recorder = ReturnType<typeof createRecorder>;
