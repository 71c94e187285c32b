/** Rooms whose names begin so are the plugin's own; applications and clients get none of them. */
export const INTERNAL_PREFIX = 'io:';

const DOCUMENT_PREFIX = `${INTERNAL_PREFIX}document:`;

/** `api::article.article:123`: a uid as Strapi makes them, and an id. */
const ENTITY_ROOM = /^(?:api|plugin|admin|strapi)::[^:]+:./s;

export const isInternalRoom = (room: string): boolean => room.startsWith(INTERNAL_PREFIX);

export const isEntityRoom = (room: string): boolean => ENTITY_ROOM.test(room);

/**
 * Those subscribed to an entity by the number of a row, by its document. Hidden, as a subscription is one room to those
 * who look: the one named as the subscriber named the entity.
 */
export const documentRoom = (uid: string, document: string): string =>
  `${DOCUMENT_PREFIX}${uid}:${document}`;

export const isDocumentRoom = (room: string): boolean => room.startsWith(DOCUMENT_PREFIX);

/** Everybody subscribed to an entity under this id, whoever they are. */
export const entityRoom = (uid: string, id: string): string => `${uid}:${id}`;

/** Everybody subscribed to some entity of a type: those who do not get the others' events. */
export const watchersRoom = (uid: string): string => `${INTERNAL_PREFIX}watching:${uid}`;

export const isWatchersRoom = (room: string): boolean => room.startsWith(watchersRoom(''));

/**
 * The subscribers of an entity who share one view of it. The room of a principal has a part that
 * cannot be guessed, so this one has too.
 */
export const viewRoom = (principalRoom: string, uid: string, id: string): string =>
  `${principalRoom}:${uid}:${id}`;
