import { connections } from './connections.mjs';
import { environment } from './environment.mjs';
import { frames } from './frames.mjs';
import { http } from './http.mjs';
import { lifecycle } from './lifecycle.mjs';
import { messages } from './messages.mjs';
import { pluginEvents } from './plugin-events.mjs';

/** Every case; those with the same server follow each other, so that it is started once. */
export const cases = [
  ...messages,
  ...pluginEvents,
  ...connections,
  ...http,
  ...frames,
  ...environment,
  ...lifecycle,
];
