import { z } from 'zod';

import { suggest } from './suggest';

/** Says which keys are not known here, and what was probably meant. */
function unknownKeys(keys: string[], known: string[]): string {
  return keys
    .map((key) => {
      const meant = suggest(key, known);
      const hint = meant === undefined ? '' : `: did you mean ${JSON.stringify(meant)}?`;
      return `has an unknown key ${JSON.stringify(key)}${hint} (allowed: ${known.join(', ')})`;
    })
    .join('; ');
}

/** An object of exactly these keys: a typo in an option must not be ignored. */
export function strict<T extends z.core.$ZodLooseShape>(shape: T) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? unknownKeys(issue.keys, Object.keys(shape)) : undefined,
  });
}
