import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { playground } from './paths.mjs';

const secret = () => randomBytes(24).toString('base64');
/** Easy to type, and it satisfies Strapi's rule: upper case, lower case and a digit. */
const password = () => `Demo-${randomBytes(5).toString('hex')}7`;

const VARIABLES = {
  APP_KEYS: () => [secret(), secret()].join(','),
  API_TOKEN_SALT: secret,
  ADMIN_JWT_SECRET: secret,
  TRANSFER_TOKEN_SALT: secret,
  ENCRYPTION_KEY: () => randomBytes(32).toString('hex'),
  JWT_SECRET: secret,
  DEMO_ADMIN_PASSWORD: password,
  DEMO_USER_PASSWORD: password,
};

/** Completes playground/.env (untracked) with secrets of this copy; what is there stays. */
export function ensureEnv() {
  const file = path.join(playground, '.env');
  const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  const missing = Object.entries(VARIABLES).filter(
    ([name]) => !new RegExp(`^${name}=`, 'm').test(text),
  );
  if (!missing.length) return 'up to date';
  const lines = missing.map(([name, make]) => `${name}=${make()}\n`).join('');
  const start =
    text || '# Made by `npm run demo` for this copy only. Delete it to get new secrets.\n';
  fs.writeFileSync(file, start + lines, { mode: 0o600 });
  return `${missing.length} secrets made`;
}
