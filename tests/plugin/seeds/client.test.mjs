// README, "Client-Side Usage": plain, and the socket part of the React and Vue components.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { bootDocumented, example, inConfig } from './support/app.mjs';
import { openPage } from './support/page.mjs';

const ARTICLE = 'api::article.article';
const status = 'published';

describe('documentation: client-side usage', { timeout: 300_000 }, () => {
  let app;
  let page;
  let articles;

  before(async () => {
    app = await bootDocumented(inConfig(`contentTypes: ['${ARTICLE}'], debounce: 0`));
    await app.grant('public', ARTICLE, 'find');
    articles = app.strapi.documents(ARTICLE);
  });
  beforeEach(() => {
    page = openPage(app.url);
  });
  after(() => app?.close());

  /** Each step is over when the client has heard of it. */
  const heard = async (socket, event, change) => {
    const told = new Promise((resolve) => socket.once(event, resolve));
    const result = await change;
    await told;
    return result;
  };

  it('basic connection', async () => {
    const { socket } = await page.run(await example('client-basic.js'), ['socket']);
    await page.said('Connected to server');
    const { documentId } = await articles.create({ data: { title: 'a' }, status });
    const [, created] = await page.said('New article:');
    assert.equal(created.title, 'a');
    await articles.update({ documentId, data: { title: 'b' }, status });
    assert.equal((await page.said('Article updated:'))[1].title, 'b');
    await articles.delete({ documentId });
    assert.equal((await page.said('Article deleted:'))[1], documentId);
    socket.disconnect();
    await page.said('Disconnected from server');
  });

  /** What both components do with what they hear; `titles` is what they would show. */
  const follow = async (socket, titles) => {
    const one = await heard(
      socket,
      'article:create',
      articles.create({ data: { title: 'one' }, status }),
    );
    await heard(socket, 'article:create', articles.create({ data: { title: 'two' }, status }));
    assert.deepEqual(titles(), ['two', 'one']);
    const { documentId } = one;
    await heard(
      socket,
      'article:update',
      articles.update({ documentId, data: { title: 'uno' }, status }),
    );
    assert.deepEqual(titles(), ['two', 'uno']);
    await heard(socket, 'article:delete', articles.delete({ documentId }));
    assert.deepEqual(titles(), ['two']);
  };

  it('with React: the effect and its state (its markup is not part of the example any more)', async () => {
    let state;
    let stop;
    const useState = (initial) => {
      state = initial;
      return [state, (change) => (state = change(state))];
    };
    const useEffect = (effect, dependencies) => {
      assert.deepEqual(dependencies, []);
      stop = effect();
    };
    const [component] = (await example('client-react.jsx')).split(/^ {2}return \($/m);
    const run = `${component}\n}\nArticlesList();`;
    await page.run(run, [], { useState, useEffect });
    const [socket] = page.sockets;
    await page.connected(socket);
    await follow(socket, () => state.map(({ title }) => title));
    stop();
    assert.equal(socket.connected, false);
  });

  it('with Vue 3: its hooks and its state (its markup is not part of the example any more)', async () => {
    const hooks = {};
    const globals = {
      ref: (value) => ({ value }),
      onMounted: (hook) => (hooks.mounted = hook),
      onUnmounted: (hook) => (hooks.unmounted = hook),
    };
    const script = (await example('client-vue.vue')).replace(/^\{\{ .* \}\}$/m, '');
    const { articles: shown } = await page.run(script, ['articles'], globals);
    hooks.mounted();
    const [socket] = page.sockets;
    await page.connected(socket);
    await follow(socket, () => shown.value.map(({ title }) => title));
    hooks.unmounted();
    assert.equal(socket.connected, false);
  });
});
