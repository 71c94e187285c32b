/**
 * The only module that loads the addon. Everything else imports the engine from here, so a missing binary is reported
 * once, by name, and not as a resolution error deep inside a generated loader.
 */
import { createRequire } from 'node:module';
import type * as Addon from '../../index.js';

export { EventKind } from '../../index.js';
export type {
  AccessAnswer,
  Admission,
  AccessOutcome,
  AccessQuestion,
  AccessTable,
  ClientEventAnswer,
  ClientEventRules,
  ConnView,
  Engine,
  EngineEvent,
  EngineOptions,
  Forwarded,
  EntityAnswer,
  EntityQuestion,
  HeldIdentity,
  HttpAnswer,
  IdentityRecord,
  LogEntry,
  PresenceAnswer,
  PresenceOptions,
  PresenceTab,
  Refusal,
  RequestHead,
  Sanitizer,
  SanitizerAttribute,
  SanitizerModel,
  SessionRedemption,
  SessionTokenAnswer,
  SessionTokenOptions,
  SocketRecord,
  SocketView,
  TouchedSocket,
} from '../../index.js';

/** The platform package which carries the binary for this machine, as napi-rs names it. */
function platformPackage(): string {
  const abi = { linux: isMusl() ? '-musl' : '-gnu', win32: '-msvc' } as Record<string, string>;
  return `@strapi-community/plugin-io-${process.platform}-${process.arch}${abi[process.platform] ?? ''}`;
}

function isMusl(): boolean {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } };
  return !report?.header?.glibcVersionRuntime;
}

function load(): typeof Addon {
  try {
    return createRequire(__filename)('../../index.js') as typeof Addon;
  } catch (cause) {
    throw new Error(
      `plugin io: no native binary for this platform; install ${platformPackage()} ` +
        '(it is an optional dependency, so check that optional dependencies were not left out)',
      { cause },
    );
  }
}

export const {
  Engine: NativeEngineHandle,
  Presence: NativePresence,
  Sanitizer: NativeSanitizer,
  SessionTokens: NativeSessionTokens,
  checkAddressRule,
  digestSessionToken,
  verifyJwt,
} = load();
