import { formatIssue } from './messages';
import { configSchema, type ResolvedConfig } from './schema';

export type { ResolvedConfig, WatchedType } from './schema';

/**
 * Checks the file configuration and fills the defaults in. Throws one error naming every
 * problem with its path, its value and what is allowed.
 */
export function parseConfig(config: unknown): ResolvedConfig {
  const result = configSchema.safeParse(config ?? {});
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => formatIssue(issue, config));
  throw new Error(`plugin io: ${lines.join('\nplugin io: ')}`);
}

export default {
  /** Empty on purpose: `parseConfig` applies the defaults (see `configSchema`). */
  default: {},
  validator(config: unknown): void {
    parseConfig(config);
  },
};
