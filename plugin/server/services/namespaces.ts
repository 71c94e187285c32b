import type { Namespace } from 'socket.io';

import type { Server } from '../../socket-io';
import type { ServiceContext } from '../types';
import { getService } from '../utils/get-service';

/** Namespaces go by their names with and without the slash. */
const pathOf = (name: string): string => (name.startsWith('/') ? name : `/${name}`);

/** The namespaces of the settings, beside the main one. */
export function createNamespacesService({ strapi }: ServiceContext) {
  let all: Record<string, Namespace> = {};

  return {
    /** Before connections come: a namespace is refused until it exists. */
    start(server: Server): void {
      all = { main: server.of('/') };
      const { enabled, list } = getService(strapi, 'settings').current().namespaces;
      if (!enabled) return;
      const protectedPaths = new Map<string, boolean>();
      for (const [name, { requireAuth }] of Object.entries(list)) {
        const path = pathOf(name);
        // `chat` and `/chat` are the same one.
        protectedPaths.set(path, requireAuth || protectedPaths.get(path) === true);
        all[name] = server.of(path);
      }
      for (const [path, requireAuth] of protectedPaths) {
        server.guardNamespace(path, { isPublic: !requireAuth, hasContent: false });
      }
    },

    /** By name, as in the settings; `main` is the one without a name. */
    all: (): Readonly<Record<string, Namespace>> => ({ ...all }),

    /**
     * Any namespace there is; undefined otherwise, as asking Socket.IO for it would open it to
     * everybody.
     */
    find(server: Server, name: unknown): Namespace | undefined {
      if (typeof name !== 'string') return undefined;
      return Object.hasOwn(all, name) ? all[name] : server._nsps.get(pathOf(name));
    },

    stop(): void {
      all = {};
    },
  };
}

export type NamespacesService = ReturnType<typeof createNamespacesService>;
