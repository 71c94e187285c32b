/** Events of the protocol's own: nobody may emit them, and a decoder that gets one ends the connection. */
export const RESERVED_EVENTS = new Set([
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
]);
