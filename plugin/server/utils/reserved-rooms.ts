import { createHmac, randomBytes } from 'node:crypto';

import type { Strapi } from '../types';

export type RoomNamer = (kind: 'role' | 'token', id: string | number) => string;

/**
 * Makes names of rooms that clients must not join. User code joins sockets to rooms whose names
 * come from clients, so these names carry a part no client can know. It is derived from a secret of
 * the application rather than random, because every node of a cluster must come to the same name.
 */
export function createReservedName(strapi: Strapi): (plain: string) => string {
  const configured =
    strapi.config.get<unknown>('admin.apiToken.salt') ?? strapi.config.get<unknown>('app.keys');
  const secret = configured == null ? randomBytes(32) : JSON.stringify(configured);
  return (plain) => {
    const mark = createHmac('sha256', secret).update(plain).digest('hex').slice(0, 32);
    return `io:${plain}:${mark}`;
  };
}

/** Names for the rooms that decide who receives content: one per role and per API token. */
export function createRoomNamer(strapi: Strapi): RoomNamer {
  const reserved = createReservedName(strapi);
  const names = new Map<string, string>();
  return (kind, id) => {
    const plain = `${kind}:${id}`;
    let name = names.get(plain);
    if (name === undefined) {
      name = reserved(plain);
      names.set(plain, name);
    }
    return name;
  };
}
