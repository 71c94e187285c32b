// The sanitizer as the plugin uses it.
import path from 'node:path';
import { require, root } from './strapi.mjs';

export const { createNativeSanitizer } = require(path.join(root, 'dist/server/sanitizer/index.js'));
export const { DEFAULT_SENSITIVE_FIELDS } = require(path.join(root, 'dist/server/constants.js'));

export const OPTIONS = {
  blockedWords: [...DEFAULT_SENSITIVE_FIELDS, 'пароль'],
  allowedFields: ['hashtags'],
  excludedFields: ['body'],
};

/** The JSON text each recipient gets, in order. */
export async function copiesFor(sanitizer, uid, entity, recipients) {
  const copies = await sanitizer.sanitizeFor(uid, entity, recipients);
  const found = new Map();
  for (const [text, those] of copies) for (const recipient of those) found.set(recipient, text);
  return recipients.map((recipient) => found.get(recipient));
}
