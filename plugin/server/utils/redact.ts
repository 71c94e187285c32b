import { DEFAULT_SENSITIVE_FIELDS } from '../constants';
import { NativeSanitizer } from '../../socket-io/native';

/** Besides the fields that are never sent: what opens doors, under the names it travels by. */
const CREDENTIALS = ['authorization', 'cookie', 'jwt', 'bearer', 'session'];

/** A JSON Web Token, or a bearer of anything, whatever its field is called. */
const TOKEN = /\beyJ[\w-]+\.[\w-]+\.[\w-]*|\bbearer\s+[^\s"\\]+/gi;

export interface Redactor {
  /** A copy without what is secret. Throws on what is no JSON. */
  value(data: unknown): unknown;
  /** The same as JSON text; of data that is no JSON, that it is none. */
  text(data: unknown): string;
}

/** Keeps passwords and tokens out of what people look at. */
export function createRedactor(sensitiveFields: readonly string[]): Redactor {
  const sanitizer = new NativeSanitizer({
    models: [],
    blockedWords: [...DEFAULT_SENSITIVE_FIELDS, ...CREDENTIALS, ...sensitiveFields],
    allowedFields: [],
    excludedFields: [],
    hideRoleUsers: false,
  });
  const redacted = (data: unknown): string => {
    const text = JSON.stringify(data) as string | undefined;
    return text === undefined ? 'null' : sanitizer.blocklist(text).replace(TOKEN, '[removed]');
  };
  return {
    value: (data) => JSON.parse(redacted(data)) as unknown,
    text(data) {
      try {
        return redacted(data);
      } catch {
        return '{"unreadable":true}';
      }
    },
  };
}
