/** What config/plugins says that does not stop the start and is not in force. */
import { suggest } from '../../shared/suggest';
import { isObject } from '../utils/is-object';
import { readCors, type Warning } from './cors';
import { formatPath, formatValue } from './messages';
import { SERVER_OPTIONS, TRANSPORTS } from './schema';

const PLACE = ['socket', 'serverOptions'];

const at = (config: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), config);

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

/** `config` as it is written, before it is parsed. */
export function passedBy(config: unknown): Warning[] {
  const options = at(config, PLACE);
  if (!isObject(options)) return [];
  return [
    ...unknownOptions(options),
    ...unknownTransports(options.transports),
    ...readCors(options.cors).warnings,
  ];
}
