/**
 * What a server tells its owner about guarded namespaces, where the engine decides who a socket is. The owner says which
 * namespaces those are with `Server.guardNamespace`.
 */
import type { IdentityRecord } from './native';
import type { SocketInternals } from './upstream';

export interface AccessHooks {
  /** The engine needs a table of roles and tokens, or has clients to look up: see `Engine.accessWork`. */
  work(): void;
  /** A client is about to be judged whose socket has an object. */
  judging(socket: SocketInternals): void;
  /** The engine lets a socket in that has an object; no middleware has seen it yet. */
  admitted(socket: SocketInternals, identity: IdentityRecord): void;
  /**
   * A socket with an object is connected. `isNew` is false if it was before the object was made, as JavaScript was not
   * needed until then.
   */
  connected(socket: SocketInternals, isNew: boolean): void;
  /** The credentials of a socket with an object have expired. */
  expired(socket: SocketInternals): void;
}

/** Why a client may not join a guarded namespace: the error that reaches its `connect_error`. */
export class AccessDenied extends Error {
  override name = 'AccessDenied';
  readonly data: { code: string };

  constructor({ message, code }: { message: string; code: string }) {
    super(message);
    this.data = { code };
  }
}
