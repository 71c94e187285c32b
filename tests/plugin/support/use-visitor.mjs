// A suite with one application and one visitor.
import { after, before, beforeEach } from 'node:test';
import { boot } from './app.mjs';
import { connect } from './client.mjs';

/**
 * Boots an application for the suite it is called in, with `config` and `application` as of `boot`, lets visitors read
 * the types of `readable` and connects one: `started({ app, client })` is told before the tests. What the client has
 * received is forgotten before each of them.
 */
export function useVisitor(started, config, { readable = [], ...application } = {}) {
  let app;
  let client;
  before(async () => {
    app = await boot(config, application);
    for (const uid of readable) await app.grant('public', uid, 'find');
    client = await connect(app.url);
    started({ app, client });
  });
  beforeEach(async () => {
    await app.flush(client);
    client.take();
  });
  after(async () => {
    client?.close();
    await app?.close();
  });
}
