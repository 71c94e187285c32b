/** An answer of the monitoring names no more sockets and rooms than this. */
export const MAX_LISTED = 1000;

/** Entries the log can have. */
export const MAX_LOG = 10_000;

/** What is told of the log at once: no more entries and bytes than this. */
export const MAX_BATCH = 100;
export const MAX_BATCH_BYTES = 256 * 1024;

/** What the last entries of the log may come to, of all nodes together (bytes). */
export const MAX_LOG_BYTES = 8 * 1024 * 1024;

/** Longest name that nodes tell each other, of rooms and the like (characters), and what all names may come to. */
export const MAX_NAME = 1000;
export const MAX_NAMES_LENGTH = 128 * 1024;

/** How often nodes tell each other how they are, and admins who watch are told (milliseconds). */
export const INTERVAL = 1000;

/** A node that says nothing for so long is taken for dead (milliseconds). */
export const NODE_TIMEOUT = 4 * INTERVAL;

/** Nodes that are remembered; further ones are left out. */
export const MAX_NODES = 100;

/** Rooms that nodes name to each other, each second; more while somebody watches. */
export const NAMED_ROOMS = 100;

/** How long other nodes are waited for (milliseconds). */
export const PATIENCE = 3000;
