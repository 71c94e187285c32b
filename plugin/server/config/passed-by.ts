/** What config/plugins says that does not stop the start and is not in force. */
import { suggest } from '../../shared/suggest';
import { isObject } from '../utils/is-object';
import { formatPath, formatValue } from './messages';
import { SERVER_OPTIONS, TRANSPORTS } from './schema';

interface Warning {
  path: string;
  message: string;
}

const PLACE = ['socket', 'serverOptions'];

const at = (config: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), config);

/** An environment variable that is not set, or is set to nothing. */
export const isUnset = (value: unknown): boolean =>
  value === undefined || value === null || value === '';

/** `cors` without the origins that are not set. */
export function withoutUnsetOrigins(cors: unknown): unknown {
  if (!isObject(cors) || !Object.hasOwn(cors, 'origin')) return cors;
  const { origin, ...rest } = cors;
  const set = Array.isArray(origin) ? origin.filter((one) => !isUnset(one)) : origin;
  const isNone = isUnset(set) || (Array.isArray(set) && set.length === 0);
  return isNone && !isEmptyList(origin) ? rest : { ...rest, origin: set };
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

/** Whether the file leaves the origins to the settings: `origin` is there and is not set. */
export const leavesOrigin = (cors: unknown): boolean =>
  isObject(cors) &&
  Object.hasOwn(cors, 'origin') &&
  !Object.hasOwn(withoutUnsetOrigins(cors) as object, 'origin');

function unknownOptions(options: Record<string, unknown>): Warning[] {
  return Object.keys(options)
    .filter((key) => !SERVER_OPTIONS.includes(key))
    .map((key) => {
      const path = formatPath([...PLACE, key]);
      const meant = suggest(key, SERVER_OPTIONS);
      const hint = meant === undefined ? '' : `: did you mean ${JSON.stringify(meant)}?`;
      return { path, message: `${path} is not an option of Socket.IO${hint}; it is ignored` };
    });
}

function unknownTransports(transports: unknown): Warning[] {
  if (!Array.isArray(transports)) return [];
  return (transports as unknown[]).flatMap((transport, index) => {
    if ((TRANSPORTS as readonly unknown[]).includes(transport)) return [];
    const path = formatPath([...PLACE, 'transports', index]);
    const meant = suggest(String(transport), TRANSPORTS);
    const hint = meant === undefined ? '' : `: did you mean ${JSON.stringify(meant)}?`;
    const text = `${path} ${formatValue(transport)} is not one of ${TRANSPORTS.join(', ')}${hint}`;
    return [{ path, message: `${text}; it is ignored` }];
  });
}

function unsetOrigins(cors: unknown): Warning[] {
  if (!isObject(cors) || !Object.hasOwn(cors, 'origin')) return [];
  const path = formatPath([...PLACE, 'cors', 'origin']);
  if (leavesOrigin(cors)) {
    return [
      { path, message: `${path} is not set: the origins of the settings are in force instead` },
    ];
  }
  const origins = Array.isArray(cors.origin) ? (cors.origin as unknown[]) : [];
  return [...origins.keys()]
    .filter((index) => isUnset(origins[index]))
    .map((index) => ({
      path: `${path}[${index}]`,
      message: `${path}[${index}] is not set; it is ignored`,
    }));
}

/** `config` as it is written, before it is parsed. */
export function passedBy(config: unknown): Warning[] {
  const options = at(config, PLACE);
  if (!isObject(options)) return [];
  return [
    ...unknownOptions(options),
    ...unknownTransports(options.transports),
    ...unsetOrigins(options.cors),
  ];
}
