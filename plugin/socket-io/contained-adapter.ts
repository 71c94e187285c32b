/**
 * Makes an adapter of npm survive whatever other nodes send. Its handlers of messages are replaced on this instance:
 * a message is checked before the handler sees it, and one that is malformed or makes the handler fail is dropped,
 * counted and reported; outside of the handlers an error would end the process.
 */
import type { EventEmitter } from 'node:events';
import type { Adapter } from 'socket.io-adapter';
import {
  checkClusterMessage,
  checkRedisAnswer,
  checkRedisBroadcast,
  checkRedisRequest,
} from './cluster-messages';
import type { Report } from './guard';
import {
  checkJsonSize,
  checkLength,
  checkMessagePackSize,
  InvalidMessage,
  MAX_ANSWER_BYTES,
  MAX_MESSAGE_BYTES,
} from './message-size';

type Handler = (...args: never[]) => unknown;
type Handlers = Record<string, Handler | undefined>;

interface Parser {
  encode: (value: unknown) => Uint8Array;
  decode: (bytes: unknown) => unknown;
}

/** The adapters over Redis hold the clients that the application has made. */
interface ClientHolder {
  pubClient?: object;
  subClient?: object;
}

/** What `@socket.io/redis-adapter` (7 and 8) is made of. */
interface RedisAdapter extends Adapter {
  parser: Parser;
  subClient: EventEmitter;
  requests: Map<unknown, { type: number }>;
  ackRequests: Map<unknown, unknown>;
  requestChannel: string;
  responseChannel: string;
  redisListeners: Map<string, (...args: unknown[]) => unknown>;
  onmessage: (pattern: unknown, channel: unknown, bytes: unknown) => unknown;
  onrequest: (channel: unknown, bytes: unknown) => unknown;
  onresponse: (channel: unknown, bytes: unknown) => unknown;
}

/** Nodes which an adapter with heartbeats remembers; forged ids would make it wait for nodes that do not exist. */
const MAX_NODES = 1000;
const OPEN_BRACE = 0x7b;

/** A message that is decoded already: the adapter's parser gives out the value. */
class Decoded {
  constructor(readonly value: unknown) {}
}

/** `dropped` gets the error of each message that is not acted on, `unsent` of each that cannot be published. */
export function containAdapter(adapter: Adapter, dropped: Report, unsent: Report): void {
  containClients(adapter as ClientHolder, unsent);
  if (isRedisAdapter(adapter)) containRedisAdapter(adapter, dropped);
  else containClusterAdapter(adapter, dropped);
}

function isRedisAdapter(adapter: Adapter): adapter is RedisAdapter {
  const { onmessage, onrequest, onresponse, parser } = adapter as RedisAdapter;
  return [onmessage, onrequest, onresponse, parser?.decode].every((fn) => typeof fn === 'function');
}

/** Replaces a method of this adapter: what it throws or rejects with is a message that was dropped. */
function contain(
  adapter: Adapter,
  name: string,
  dropped: Report,
  around: (original: (...args: unknown[]) => unknown, args: unknown[]) => unknown,
): void {
  const handlers = adapter as unknown as Handlers;
  const method = handlers[name];
  if (typeof method !== 'function') return;
  const original = (...args: unknown[]): unknown => method.apply(adapter, args as never[]);
  handlers[name] = (...args: unknown[]) => {
    try {
      const result = around(original, args);
      return result instanceof Promise ? result.catch(dropped) : result;
    } catch (error) {
      dropped(error);
      return undefined;
    }
  };
}

function containClusterAdapter(adapter: Adapter, dropped: Report): void {
  const { uid, nodesMap } = adapter as unknown as { uid?: string; nodesMap?: Map<string, number> };
  const checked = (original: (...args: unknown[]) => unknown, args: unknown[]): unknown => {
    checkClusterMessage(args[0]);
    return original(...args);
  };
  contain(adapter, 'onRawMessage', dropped, (original, args) => {
    const [raw] = args;
    if (raw instanceof Uint8Array) checkBytes(raw, MAX_ANSWER_BYTES, true);
    return original(...args);
  });
  contain(adapter, 'onMessage', dropped, (original, args) => {
    const { uid: sender } = (args[0] ?? {}) as { uid?: string };
    if (sender !== undefined && sender === uid) return undefined;
    if (nodesMap && nodesMap.size >= MAX_NODES && !nodesMap.has(sender as string)) {
      throw new InvalidMessage(`uid is that of one node more than ${MAX_NODES}`);
    }
    return checked(original, args);
  });
  contain(adapter, 'onResponse', dropped, checked);
  // The answer holds `socket.data`, which may be anything: what cannot be encoded is not an answer.
  contain(adapter, 'publishResponse', dropped, (original, args) => original(...args));
}

function checkBytes(bytes: Uint8Array, limit: number, isMessagePack: boolean): void {
  checkLength(bytes, limit);
  if (bytes[0] === OPEN_BRACE) checkJsonSize(bytes);
  else if (isMessagePack) checkMessagePackSize(bytes);
}

function containRedisAdapter(adapter: RedisAdapter, dropped: Report): void {
  const { parser, requests, ackRequests } = adapter;
  const isMessagePack = encodesAsMessagePack(parser);
  const check = (bytes: unknown, limit: number): Uint8Array => {
    if (!(bytes instanceof Uint8Array)) throw new InvalidMessage('the message is not binary');
    checkBytes(bytes, limit, isMessagePack);
    return bytes;
  };
  const decode = (message: unknown, limit: number): unknown => {
    const bytes = check(message, limit);
    if (bytes[0] !== OPEN_BRACE) return parser.decode(bytes);
    return JSON.parse(Buffer.from(bytes).toString()) as unknown;
  };
  adapter.parser = {
    encode: (value) => parser.encode(value),
    // Requests and answers are decoded when they come; a broadcast is decoded once it is known to be for this node.
    decode(message) {
      if (message instanceof Decoded) return message.value;
      const value = parser.decode(check(message, MAX_MESSAGE_BYTES));
      checkRedisBroadcast(value);
      return value;
    },
  };

  contain(adapter, 'onmessage', dropped, (original, args) => original(...args));
  contain(adapter, 'onresponse', dropped, (original, [channel, message]) => {
    // All nodes hear the answers to all.
    if (requests.size === 0 && ackRequests.size === 0) return undefined;
    const answer = decode(message, MAX_ANSWER_BYTES);
    const id = (answer as { requestId?: unknown } | null)?.requestId;
    const asked = requests.get(id);
    if (asked === undefined && !ackRequests.has(id)) return undefined;
    checkRedisAnswer(answer, asked?.type);
    return original(channel, new Decoded(answer));
  });
  contain(adapter, 'onrequest', dropped, (original, [channel, message]) => {
    const name = String(channel);
    if (name.startsWith(adapter.responseChannel)) return adapter.onresponse(channel, message);
    if (!name.startsWith(adapter.requestChannel)) return undefined;
    const request = decode(message, MAX_MESSAGE_BYTES);
    checkRedisRequest(request);
    return original(channel, new Decoded(request));
  });
  relisten(adapter, 'pmessageBuffer', adapter.onmessage);
  relisten(adapter, 'messageBuffer', adapter.onrequest);
}

/** The adapter bound its methods when it began to listen to ioredis: the listener is exchanged for the new method. */
function relisten(
  { subClient, redisListeners }: RedisAdapter,
  event: string,
  method: (...args: never[]) => unknown,
): void {
  const bound = redisListeners?.get(event);
  if (bound === undefined) return;
  const listener = method as (...args: unknown[]) => unknown;
  subClient.off(event, bound);
  subClient.on(event, listener);
  redisListeners.set(event, listener);
}

/** Whether the parser is MessagePack, as it is unless the application gave another one. */
function encodesAsMessagePack(parser: Parser): boolean {
  try {
    const [list, one] = parser.encode([1]);
    return list === 0x91 && one === 0x01;
  } catch {
    return false;
  }
}

/** Makes failures of an adapter's connection reach `unsent`, where the adapter does not look at the outcome. */
function containClients(adapter: ClientHolder, unsent: Report): void {
  for (const name of ['pubClient', 'subClient'] as const) {
    const client = adapter[name];
    if (typeof client === 'object') adapter[name] = reportRejections(client, unsent);
  }
}

/** What the adapters call without looking at the outcome: a connection that ends meanwhile would end the process. */
const UNWATCHED = new Set<string | symbol>([
  'publish',
  ...['subscribe', 'pSubscribe', 'sSubscribe', 'unsubscribe', 'pUnsubscribe', 'sUnsubscribe'],
  ...['psubscribe', 'ssubscribe', 'punsubscribe', 'sunsubscribe'],
]);

function reportRejections<C extends object>(client: C, report: Report): C {
  return new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function' || name === 'constructor') return value;
      const method = (value as Handler).bind(target) as (...args: unknown[]) => unknown;
      if (!UNWATCHED.has(name)) return method;
      return (...args: unknown[]) => {
        const result = method(...args);
        return result instanceof Promise ? result.catch(report) : result;
      };
    },
  });
}
