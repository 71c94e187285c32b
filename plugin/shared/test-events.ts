/** The test event's own name. */
const TEST_EVENT = 'test';

/** No content event has such a name: what follows the first colon of theirs is an action. */
const PREFIX = 'io:test:';

/**
 * The name under which clients receive a test event: `test` as it is, any other with a prefix, so that a test event
 * can never pass for an event of the application.
 *
 * @param taken names that the settings give to content events
 */
export const testEventName = (name: string, taken: readonly string[] = []): string =>
  name === TEST_EVENT && !taken.includes(name) ? name : `${PREFIX}${name}`;
