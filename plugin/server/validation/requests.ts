import { z } from 'zod';

import { redisUrl, sendableEvent } from '../../shared/settings';
import { strict } from '../../shared/strict';
import { formatIssue, formatPath } from '../config/messages';
import { InvalidInput } from './invalid-input';

/** Reads what a request brings, or throws {@link InvalidInput}. `root` names the whole in messages. */
function parse<T extends z.ZodType>(schema: T, input: unknown, root: string): z.output<T> {
  const result = schema.safeParse(input ?? {});
  if (result.success) return result.data;
  throw new InvalidInput(
    result.error.issues.map((issue) => ({
      path: formatPath(issue.path),
      message: formatIssue(issue, input, root),
    })),
  );
}

const testEvent = strict({
  eventName: sendableEvent.default('test'),
  data: z.record(z.string(), z.unknown()).default({}),
});

const eventLogQuery = z.object({
  limit: z
    .string()
    .regex(/^\d{1,5}$/, 'is not a number of entries')
    .transform(Number)
    .default(100),
});

const disconnection = strict({ reason: z.string().min(1).max(200).optional() });

const redisTest = strict({ url: redisUrl.optional() });

export const parseTestEvent = (body: unknown) => parse(testEvent, body, 'body');
export const parseEventLogQuery = (query: unknown) => parse(eventLogQuery, query, 'query');
export const parseDisconnection = (body: unknown) => parse(disconnection, body, 'body');
export const parseRedisTest = (body: unknown) => parse(redisTest, body, 'body');
