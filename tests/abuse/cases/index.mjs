import { connections } from './connections.mjs';
import { database } from './database.mjs';
import { develop } from './develop.mjs';
import { environment } from './environment.mjs';
import { frames } from './frames.mjs';
import { http } from './http.mjs';
import { lifecycle } from './lifecycle.mjs';
import { messages } from './messages.mjs';
import { pluginEvents } from './plugin-events.mjs';
import { presence } from './presence.mjs';
import { transfers } from './transfer.mjs';

/** Every case; those with the same server follow each other, so that it is started once. */
export const cases = [
  ...messages,
  ...pluginEvents,
  ...presence,
  ...connections,
  ...http,
  ...frames,
  ...environment,
  ...database,
  ...transfers,
  ...develop,
  ...lifecycle,
];
