/** The JavaScript part of deciding over a request: middlewares, the engine's own checks, `allowRequest`, session ids. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { withQuery, headOf, type EngineRequest } from './engine-request';
import type { Report } from './guard';
import type { Engine, Refusal, RequestHead } from './native';
import type { ResolvedOptions } from './options';

export const errors = {
  UNKNOWN_TRANSPORT: 0,
  UNKNOWN_SID: 1,
  BAD_HANDSHAKE_METHOD: 2,
  BAD_REQUEST: 3,
  FORBIDDEN: 4,
  UNSUPPORTED_PROTOCOL_VERSION: 5,
};

export const errorMessages: Record<number, string> = {
  0: 'Transport unknown',
  1: 'Session ID unknown',
  2: 'Bad handshake method',
  3: 'Bad request',
  4: 'Forbidden',
  5: 'Unsupported protocol version',
};

/** Why a request is not served; what the `connection_error` event and the HTTP answer are made of. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: number,
    readonly context: Record<string, unknown>,
  ) {
    super(errorMessages[code]);
  }

  /** What the client is told: `allowRequest` may bring its own words. */
  get body(): string {
    const { message } = this.context;
    return JSON.stringify({ code: this.code, message: message ?? this.message });
  }
}

export type ResponseLike = Pick<ServerResponse, 'setHeader' | 'getHeader' | 'removeHeader'>;
export type EngineMiddleware = (
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => unknown;

export type GenerateId = (req: IncomingMessage) => string | Promise<string>;

/** What {@link admit} needs of `io.engine`. */
export interface Admitting {
  readonly native: Engine;
  readonly opts: ResolvedOptions;
  readonly middlewares: readonly EngineMiddleware[];
  /** Chooses the ids of sessions; while it is {@link generateId} the native engine does. */
  generateId: GenerateId;
  readonly report: Report;
}

export interface Admission {
  head: RequestHead;
  /** The id for a new session, or null to let the engine choose. */
  id: string | null;
}

/** Throws {@link Refused} unless the request may go to the engine. */
export async function admit(
  engine: Admitting,
  request: IncomingMessage,
  res: ResponseLike,
  upgrade: boolean,
): Promise<Admission> {
  const req = parse(request);
  for (const middleware of engine.middlewares) await runMiddleware(middleware, req, res, engine);
  const head = headOf(req, upgrade, engine.opts.proxy);
  const refusal = engine.native.verify(head);
  if (refusal) throw refused(refusal);
  if (head.sid) return { head, id: null };
  if (engine.opts.allowRequest) await allow(engine, engine.opts.allowRequest, req);
  return { head, id: engine.generateId === generateId ? null : await makeId(engine, req) };
}

function parse(req: IncomingMessage): EngineRequest {
  try {
    return withQuery(req);
  } catch {
    throw new Refused(400, errors.BAD_REQUEST, { name: 'INVALID_URL' });
  }
}

function refused({ status, code, context }: Refusal): Refused {
  return new Refused(status, code, JSON.parse(context) as Record<string, unknown>);
}

function runMiddleware(
  middleware: EngineMiddleware,
  req: EngineRequest,
  res: ResponseLike,
  { report }: Admitting,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Refused(400, errors.BAD_REQUEST, { name: 'MIDDLEWARE_FAILURE' }));
    const crash = (error: unknown) => {
      report(error);
      fail();
    };
    const next = (error?: unknown) => (error ? fail() : resolve());
    try {
      Promise.resolve(middleware(req, res as ServerResponse, next)).catch(crash);
    } catch (error) {
      crash(error);
    }
  });
}

function allow(
  { report }: Admitting,
  allowRequest: NonNullable<ResolvedOptions['allowRequest']>,
  req: EngineRequest,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const forbid = (message: unknown) =>
      reject(new Refused(403, errors.FORBIDDEN, { message: message ?? undefined }));
    const crash = (error: unknown) => {
      report(error);
      forbid(undefined);
    };
    try {
      const verdict: unknown = allowRequest(req, (message, success) =>
        success ? resolve() : forbid(message),
      );
      Promise.resolve(verdict).catch(crash);
    } catch (error) {
      crash(error);
    }
  });
}

/** A session id as the native engine makes them itself: 120 random bits. */
export const generateId: GenerateId = () => randomBytes(15).toString('base64url');

async function makeId(engine: Admitting, req: EngineRequest): Promise<string> {
  try {
    return await engine.generateId(req);
  } catch (error) {
    throw new Refused(400, errors.BAD_REQUEST, { name: 'ID_GENERATION_ERROR', error });
  }
}
