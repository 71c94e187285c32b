import type { Redactor } from './redact';

/** Words in the names of query parameters that carry secrets, besides the fields that are never sent. */
const SECRET_WORDS = new Set([
  ...[
    'access',
    'auth',
    'authentication',
    'code',
    'credential',
    'credentials',
    'hmac',
    'key',
    'keys',
    'nonce',
    'otp',
  ],
  ...[
    'pass',
    'passphrase',
    'passwd',
    'pin',
    'pw',
    'pwd',
    'sas',
    'sess',
    'sid',
    'sig',
    'sign',
    'signature',
    'ticket',
  ],
]);

/** Keys, tokens and signatures: long, of one piece, with letters and digits. Addresses and dates are not. */
const SECRET_VALUE = /^(?=.*[a-z])(?=.*\d)[\w+/=~.-]{16,}$/i;

/** `apiKey`, `api_key` and `x-api-key` are the words `api` and `key`. */
const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/);

const redactValue = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(redactValue);
  return typeof value === 'string' && SECRET_VALUE.test(value) ? '[removed]' : value;
};

/**
 * The parameters of a connection's URL, for people who look at the monitoring. Applications put secrets there under
 * names of their own, so parameters whose name or value looks like one are removed too.
 */
export function redactQuery(
  query: Record<string, unknown>,
  redact: Redactor,
): Record<string, unknown> {
  const shown = Object.entries(query)
    .filter(([name]) => !wordsOf(name).some((word) => SECRET_WORDS.has(word)))
    .map(([name, value]) => [name, redactValue(value)]);
  return redact.value(Object.fromEntries(shown)) as Record<string, unknown>;
}
