import { createRequire } from 'node:module';

// The one module that loads the addon: it says what to install where there is none for the platform.
import '../../socket-io/native';
import type * as Addon from '../../../index.js';

export type { Sanitizer, SanitizerAttribute, SanitizerModel } from '../../../index.js';

export const { Sanitizer: NativeSanitizer } = createRequire(__filename)(
  '../../../index.js',
) as typeof Addon;
