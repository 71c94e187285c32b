/** Reads `socket.serverOptions.cors` as it is written: what is in force of it, and what was probably meant otherwise. */
import { suggest } from '../../shared/suggest';
import { isObject } from '../utils/is-object';
import { formatValue } from './messages';

export interface Warning {
  path: string;
  message: string;
}

interface ReadCors {
  /** In a form that Socket.IO takes; without an origin if the settings decide over it. */
  options: unknown;
  /** Whether the file leaves the origins to the settings: they are given, but not set. */
  leavesOrigin: boolean;
  warnings: Warning[];
}

const PATH = 'socket.serverOptions.cors';

/** The options of the package `cors`. */
const OPTIONS = [
  ...['origin', 'methods', 'allowedHeaders', 'exposedHeaders', 'credentials', 'maxAge'],
  ...['preflightContinue', 'optionsSuccessStatus'],
];

const ORIGIN = /^(\*|null|[a-z][a-z0-9+.-]*:\/\/[^/?#\s,]+)$/i;

/** An environment variable that is not set, or is set to nothing. */
const isUnset = (value: unknown): boolean => value === undefined || value === null || value === '';

/** Origins given in the place of the object that holds them. */
const isOrigins = (cors: unknown): boolean =>
  typeof cors === 'string' || Array.isArray(cors) || cors instanceof RegExp;

const warningsOn = (place: string, value: unknown): Warning[] => {
  if (isUnset(value)) return [{ path: place, message: `${place} is not set; it is ignored` }];
  if (typeof value !== 'string' || ORIGIN.test(value)) return [];
  const wanted =
    'is not an origin like https://example.com (one origin, no path, no "/" at the end)';
  const message = `${place} ${formatValue(value)} ${wanted}: no browser sends it`;
  return [{ path: place, message }];
};

function unknownOptions(cors: object): Warning[] {
  return Object.keys(cors)
    .filter((key) => !OPTIONS.includes(key))
    .map((key) => {
      const path = `${PATH}.${key}`;
      const meant = suggest(key, OPTIONS);
      const hint = meant === undefined ? '' : `: did you mean ${JSON.stringify(meant)}?`;
      return { path, message: `${path} is not an option of CORS${hint}; it is ignored` };
    });
}

const leftToSettings = (path: string): Warning => ({
  path,
  message: `${path} is not set: the origins of the settings are in force instead`,
});

export function readCors(cors: unknown): ReadCors {
  if (isOrigins(cors)) {
    const read = readCors({ origin: cors });
    const message = `${PATH} ${formatValue(cors instanceof RegExp ? String(cors) : cors)} is not an object; it counts as its origin`;
    return { ...read, warnings: [{ path: PATH, message }, ...read.warnings] };
  }
  if (!isObject(cors)) return { options: cors, leavesOrigin: false, warnings: [] };
  const { origin, ...rest } = cors;
  const unknown = unknownOptions(cors);
  const path = `${PATH}.origin`;
  if (!Object.hasOwn(cors, 'origin')) {
    // Without an origin everybody is allowed, which is not what a misspelt one is for.
    const isMisspelt = unknown.some(({ message }) => message.includes('"origin"'));
    const warnings = isMisspelt ? [...unknown, leftToSettings(path)] : unknown;
    return { options: rest, leavesOrigin: isMisspelt, warnings };
  }
  if (!Array.isArray(origin)) {
    if (isUnset(origin)) {
      return { options: rest, leavesOrigin: true, warnings: [...unknown, leftToSettings(path)] };
    }
    const warnings = [...unknown, ...warningsOn(path, origin)];
    return { options: cors, leavesOrigin: false, warnings };
  }
  const entries = origin as unknown[];
  const set = entries.filter((one) => !isUnset(one));
  if (set.length === 0 && entries.length > 0) {
    return { options: rest, leavesOrigin: true, warnings: [...unknown, leftToSettings(path)] };
  }
  const named = entries.flatMap((one, index) => warningsOn(`${path}[${index}]`, one));
  return {
    options: { ...rest, origin: set },
    leavesOrigin: false,
    warnings: [...unknown, ...named],
  };
}

/** What the settings show of `cors`; functions and patterns have no better text than their own. */
export function shownOrigins(cors: unknown): string[] | undefined {
  if (cors === undefined) return undefined;
  const { options, leavesOrigin } = readCors(cors);
  if (leavesOrigin) return undefined;
  if (options === null || options === false) return [];
  const { origin = '*' } = Object(options) as { origin?: unknown };
  const decides = typeof options === 'function' ? options : origin;
  if (decides === true) return ['*'];
  if (decides === false) return [];
  return [decides]
    .flat()
    .map((one) => (typeof one === 'function' ? '(decided by a function)' : String(one)));
}
