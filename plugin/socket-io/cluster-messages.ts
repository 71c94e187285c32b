/**
 * Checks what other nodes send, field by field, before an adapter of npm acts on it: these take the fields as they come,
 * and a missing list of rooms would mean everybody.
 */
import { InvalidMessage } from './message-size';
import { RESERVED_EVENTS } from './reserved-events';

type Fields = Record<string, unknown>;

/** The protocol's only packet for broadcasts: an event. */
const EVENT = 2;
/** Events of the namespace itself, which its listeners take for sockets of this node. */
const RESERVED_SERVER_EVENTS = new Set(['connect', 'connection', 'new_namespace']);

const MAX_ID_LENGTH = 200;
const MAX_CLIENTS = 10_000_000;

function expect(holds: boolean, path: string, what: string): asserts holds {
  if (!holds) throw new InvalidMessage(`${path} is not ${what}`);
}

function fieldsOf(value: unknown, path: string): Fields {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  expect(isObject, path, 'an object');
  return value as Fields;
}

const isRoom = (value: unknown): boolean => typeof value === 'string' || Number.isFinite(value);

function checkRooms(value: unknown, path: string): void {
  expect(Array.isArray(value) && value.every(isRoom), path, 'a list of rooms');
}

function checkId(value: unknown, path: string): void {
  const isId = typeof value === 'string' && value !== '' && value.length <= MAX_ID_LENGTH;
  expect(isId, path, 'an id');
}

function checkOptional(
  value: unknown,
  path: string,
  check: (value: unknown, path: string) => unknown,
): void {
  if (value !== undefined) check(value, path);
}

/** Which sockets are meant. Without `except` (older emitters) nobody is left out; without `rooms` it is refused. */
function checkOptions(value: unknown, path: string): void {
  const { rooms, except, flags } = fieldsOf(value, path);
  checkRooms(rooms, `${path}.rooms`);
  checkOptional(except, `${path}.except`, checkRooms);
  // PHP cannot tell an empty list from an empty object.
  const noFlags = flags === null || (Array.isArray(flags) && flags.length === 0);
  checkOptional(noFlags ? undefined : flags, `${path}.flags`, fieldsOf);
}

function checkPacket(value: unknown, path: string): void {
  const { type, nsp, data, id } = fieldsOf(value, path);
  expect(type === EVENT, `${path}.type`, 'that of an event');
  expect(nsp === undefined || typeof nsp === 'string', `${path}.nsp`, 'a namespace');
  expect(id === undefined || Number.isSafeInteger(id), `${path}.id`, 'a number');
  const event: unknown = Array.isArray(data) ? data[0] : undefined;
  const isSendable =
    typeof event === 'number' || (typeof event === 'string' && !RESERVED_EVENTS.has(event));
  expect(isSendable, `${path}.data`, 'an event with its arguments');
}

function checkClose(value: unknown, path: string): void {
  expect(value == null || typeof value === 'boolean', path, 'true or false');
}

function checkCount(value: unknown, path: string): void {
  const isCount = Number.isSafeInteger(value) && (value as number) >= 0;
  expect(isCount && (value as number) <= MAX_CLIENTS, path, 'a number of clients');
}

/** The sockets of another node, as `fetchSockets` describes them. */
function checkSockets(value: unknown, path: string): void {
  expect(Array.isArray(value), path, 'a list of sockets');
  (value as unknown[]).forEach((one, index) => {
    const { id, handshake, rooms } = fieldsOf(one, `${path}[${index}]`);
    checkId(id, `${path}[${index}].id`);
    fieldsOf(handshake, `${path}[${index}].handshake`);
    checkRooms(rooms, `${path}[${index}].rooms`);
  });
}

/** The arguments of `serverSideEmit`: an event of the application's own, and what belongs to it. */
export function checkServerEvent(value: unknown): asserts value is [string, ...unknown[]] {
  const event: unknown = Array.isArray(value) ? value[0] : undefined;
  const isOwn = typeof event === 'string' && !RESERVED_SERVER_EVENTS.has(event);
  expect(isOwn, 'data', 'an event of the application with its arguments');
}

/** A broadcast of `@socket.io/redis-adapter` or of an emitter: `[uid, packet, options]`. */
export function checkRedisBroadcast(value: unknown): void {
  expect(Array.isArray(value), 'the message', 'a list');
  const [uid, packet, opts] = value as unknown[];
  checkOptional(uid ?? undefined, 'uid', checkId);
  checkPacket(packet, 'packet');
  checkOptions(opts, 'opts');
}

/** Request types of `@socket.io/redis-adapter`. */
const Request = {
  SOCKETS: 0,
  ALL_ROOMS: 1,
  JOIN: 2,
  LEAVE: 3,
  DISCONNECT: 4,
  FETCH: 5,
  SERVER_SIDE_EMIT: 6,
  BROADCAST: 7,
  CLIENT_COUNT: 8,
} as const;

/** A request of `@socket.io/redis-adapter`. Types it does not know it ignores. */
export function checkRedisRequest(value: unknown): void {
  const request = fieldsOf(value, 'the request');
  const { type, requestId, opts } = request;
  expect(Number.isSafeInteger(type), 'type', 'a number');
  checkOptional(request.uid, 'uid', checkId);
  checkOptional(requestId, 'requestId', checkId);
  switch (type) {
    case Request.SOCKETS:
      checkId(requestId, 'requestId');
      return checkOptional(request.rooms, 'rooms', checkRooms);
    case Request.ALL_ROOMS:
      return checkId(requestId, 'requestId');
    case Request.JOIN:
    case Request.LEAVE:
      if (opts === undefined) {
        checkId(request.sid, 'sid');
        return expect(isRoom(request.room), 'room', 'a room');
      }
      checkOptions(opts, 'opts');
      return checkRooms(request.rooms, 'rooms');
    case Request.DISCONNECT:
      checkClose(request.close, 'close');
      return opts === undefined ? checkId(request.sid, 'sid') : checkOptions(opts, 'opts');
    case Request.FETCH:
      checkId(requestId, 'requestId');
      return checkOptions(opts, 'opts');
    case Request.SERVER_SIDE_EMIT:
      // The namespace checks the event.
      return expect(Array.isArray(request.data), 'data', 'a list');
    case Request.BROADCAST:
      checkId(requestId, 'requestId');
      checkPacket(request.packet, 'packet');
      return checkOptions(opts, 'opts');
  }
}

/** An answer to a request of this node; `asked`: the type of the request. */
export function checkRedisAnswer(value: unknown, asked: number | undefined): void {
  const { type, sockets, rooms, clientCount } = fieldsOf(value, 'the answer');
  if (type === Request.CLIENT_COUNT) checkCount(clientCount, 'clientCount');
  if (asked === Request.FETCH) checkSockets(sockets, 'sockets');
  if (asked === Request.SOCKETS) checkRooms(sockets, 'sockets');
  if (asked === Request.ALL_ROOMS) checkRooms(rooms, 'rooms');
}

/** Message types of `ClusterAdapter` of `socket.io-adapter`, from which the newer adapters descend. */
const Message = {
  BROADCAST: 3,
  JOIN: 4,
  LEAVE: 5,
  DISCONNECT: 6,
  FETCH: 7,
  FETCH_ANSWER: 8,
  SERVER_SIDE_EMIT: 9,
  SERVER_SIDE_EMIT_ANSWER: 10,
  CLIENT_COUNT: 11,
  ACK: 12,
} as const;

/** A message or an answer of an adapter which descends from `ClusterAdapter`. */
export function checkClusterMessage(value: unknown): void {
  const message = fieldsOf(value, 'the message');
  const { type, nsp } = message;
  checkId(message.uid, 'uid');
  expect(Number.isSafeInteger(type), 'type', 'a number');
  expect(nsp === undefined || typeof nsp === 'string', 'nsp', 'a namespace');
  const known: number[] = Object.values(Message);
  if (known.includes(type as number)) checkData(type as number, fieldsOf(message.data, 'data'));
}

function checkData(type: number, data: Fields): void {
  const { requestId } = data;
  const isRequest = type === Message.BROADCAST || type === Message.SERVER_SIDE_EMIT;
  const hasId = ![Message.JOIN, Message.LEAVE, Message.DISCONNECT].includes(type as never);
  if (hasId && !(isRequest && requestId === undefined)) checkId(requestId, 'data.requestId');
  switch (type) {
    case Message.BROADCAST:
      checkPacket(data.packet, 'data.packet');
      return checkOptions(data.opts, 'data.opts');
    case Message.JOIN:
    case Message.LEAVE:
      checkOptions(data.opts, 'data.opts');
      return checkRooms(data.rooms, 'data.rooms');
    case Message.DISCONNECT:
      checkClose(data.close, 'data.close');
      return checkOptions(data.opts, 'data.opts');
    case Message.FETCH:
      return checkOptions(data.opts, 'data.opts');
    case Message.FETCH_ANSWER:
      return checkSockets(data.sockets, 'data.sockets');
    case Message.SERVER_SIDE_EMIT:
      // The namespace checks the event.
      return expect(Array.isArray(data.packet), 'data.packet', 'a list');
    case Message.CLIENT_COUNT:
      return checkCount(data.clientCount, 'data.clientCount');
  }
}
