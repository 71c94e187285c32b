import type { z } from 'zod';

/** `['contentTypes', 1, 'actions', 0]` → `contentTypes[1].actions[0]` */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}

function valueAt(config: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value == null ? undefined : (value as Record<PropertyKey, unknown>)[key]),
    config,
  );
}

/** The value as somebody would have written it, short enough for one line of log. */
export function formatValue(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `${value}n`;
  if (value === undefined || typeof value === 'symbol') return String(value);
  if (typeof value === 'number') return String(value);
  try {
    const text = JSON.stringify(value) ?? typeof value;
    return text.length > 80 ? `${text.slice(0, 77)}...` : text;
  } catch {
    return `an ${typeof value}`;
  }
}

const withArticle = (type: string): string => (/^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`);

const TYPE_NAMES: Record<string, string> = { record: 'object', int: 'integer' };

function tooBig({ origin, maximum }: z.core.$ZodIssueTooBig): string {
  if (origin === 'string') return `is longer than ${maximum} characters`;
  return origin === 'array' ? `has more than ${maximum} entries` : `is more than ${maximum}`;
}

/** What is wrong with the value, without the value: `is not one of create, update`. */
function complaint(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_value':
      return `is not one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_type':
      return `is not ${withArticle(TYPE_NAMES[issue.expected] ?? issue.expected)}`;
    case 'too_small':
      return Number(issue.minimum) === 1 && issue.origin !== 'number' && issue.origin !== 'int'
        ? 'is empty'
        : `is less than ${issue.minimum}`;
    case 'too_big':
      return tooBig(issue);
    case 'invalid_key':
      return `has a key that ${issue.issues.map(complaint).join(', ')}`;
    default:
      return issue.message;
  }
}

/** One line for one problem: path (`root` names the whole), value, and what is allowed. */
export function formatIssue(
  issue: z.core.$ZodIssue,
  config: unknown,
  root: string = 'config',
): string {
  const path = formatPath(issue.path) || root;
  if (issue.code === 'unrecognized_keys') return `${path} ${issue.message}`;
  const value = valueAt(config, issue.path);
  const wrong = complaint(issue);
  if (value === undefined && issue.path.length > 0) {
    return wrong.startsWith('is not ')
      ? `${path} is missing: ${wrong.replace('is not ', 'expected ')}`
      : `${path} ${wrong}`;
  }
  return `${path} ${formatValue(value)} ${wrong}`;
}
