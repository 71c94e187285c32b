// How the numbers and logs of several nodes become one.
import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { Engine, engineOptions } from '../bridge/support.mjs';
import { pluginRoot, require } from './support/plugin-root.mjs';

const part = (name) => require(path.join(pluginRoot, 'dist/server/monitoring', name));
const { mergeEvents, mergeRooms } = part('summary.js');
const { createNodes } = part('nodes.js');
const { createLogFollower } = part('log-follower.js');
const { createLogFeed } = part('log-feed.js');

const events = (history, second, more = {}) => ({
  total: 1,
  byType: [],
  lastReset: 0,
  perSecond: 1,
  history,
  second,
  ...more,
});

describe('the numbers of several nodes', () => {
  it('add up second by second, up to the second that all have told of', () => {
    const { history, second } = mergeEvents([
      events([1, 2, 3, 4], 104),
      events([10, 20], 103),
      events([], 103),
    ]);
    assert.deepEqual([history, second], [[1, 12, 23], 103]);
    const long = Array.from({ length: 300 }, () => 1);
    assert.equal(mergeEvents([events(long, 1000), events(long, 900)]).history.length, 300);
  });

  it('count by type whatever the types are called, the most frequent first', () => {
    const { byType, total, lastReset, perSecond } = mergeEvents([
      events([], 0, {
        byType: [
          ['a', 3],
          ['__proto__', 1],
        ],
        lastReset: 5,
      }),
      events([], 0, {
        byType: [
          ['b', 4],
          ['__proto__', 2],
          ['a', 2],
        ],
        lastReset: 3,
      }),
    ]);
    assert.deepEqual(byType, [
      ['a', 5],
      ['b', 4],
      ['__proto__', 3],
    ]);
    assert.deepEqual([total, lastReset, perSecond], [2, 3, 2]);
  });

  it('take a room that several have for one, as far as they name it', () => {
    const room = (name, members) => ({ name, members, isEntityRoom: false });
    const { total, items } = mergeRooms([
      { total: 5, items: [room('a', 3), room('b', 2)] },
      { total: 2, items: [room('b', 2), room('c', 1)] },
    ]);
    assert.deepEqual(items, [room('b', 4), room('a', 3), room('c', 1)]);
    assert.equal(total, 6, 'three with names, three without');
  });

  it('are those of at most a hundred nodes', () => {
    const nodes = createNodes();
    const summary = { events: events([1], 1) };
    for (let number = 0; number < 150; number += 1) nodes.heard(`node-${number}`, summary, false);
    assert.equal(nodes.summaries().length, 100);
    assert.equal(nodes.heard('node-200', summary, true), false);
    assert.equal(nodes.isWatched(), false);
    nodes.left('node-7');
    assert.equal(nodes.heard('node-200', summary, true), true);
    assert.equal(nodes.isWatched(), true);
  });
});

describe('the logs of other nodes', () => {
  const entry = (timestamp) => ({ timestamp, type: 'x', data: null });
  const batch = (next, ...times) => ({ entries: times.map(entry), dropped: 0, next });
  const times = (entries) => entries.map(({ timestamp }) => timestamp);

  it('go on where their histories end, though batches come before these', async () => {
    let answer;
    const follower = createLogFollower(() => new Promise((resolve) => (answer = resolve)));
    follower.heard('a', batch(1, 1));
    const following = follower.follow();
    follower.heard('a', batch(2, 2));
    follower.heard('b', batch(7, 30));
    follower.heard('a', batch(3, 3));
    answer([{ node: 'a', next: 2, entries: [entry(1), entry(2)] }]);
    await following;
    assert.deepEqual(times(follower.recent()), [1, 2, 3, 30], 'nothing twice, nothing missing');
    follower.take();
    follower.heard('b', batch(8, 40));
    follower.heard('a', batch(4, 39));
    assert.deepEqual(times(follower.take().entries), [39, 40]);
    assert.deepEqual(follower.take(), { entries: [], dropped: 0 });
    assert.deepEqual(times(follower.recent()), [1, 2, 3, 30, 39, 40]);
  });

  it('are forgotten with the last who follows them, also while they are asked for', async () => {
    const answers = [];
    const follower = createLogFollower(() => new Promise((resolve) => answers.push(resolve)));
    const first = follower.follow();
    follower.unfollow();
    assert.equal(follower.isFollowing(), false);
    const second = follower.follow();
    const both = [follower.follow(), second];
    assert.equal(answers.length, 2, 'asked again, once for both');
    answers[0]([{ node: 'a', next: 1, entries: [entry(1)] }]);
    answers[1]([{ node: 'a', next: 2, entries: [entry(2)] }]);
    await Promise.all([first, ...both]);
    assert.deepEqual(times(follower.recent()), [2]);
    follower.unfollow();
    assert.deepEqual(times(follower.recent()), [2]);
    follower.unfollow();
    assert.deepEqual(follower.recent(), []);
  });

  it('never pile up: what does not fit is counted', async () => {
    const follower = createLogFollower(() => Promise.resolve([]));
    await follower.follow();
    for (let number = 1; number <= 3; number += 1) {
      const many = Array.from({ length: 100 }, (_, index) => number * 1000 + index);
      follower.heard('a', { ...batch(number * 100, ...many), dropped: 5 });
    }
    const { entries, dropped } = follower.take();
    assert.deepEqual([entries.length, entries[0].timestamp, dropped], [100, 3000, 215]);
    assert.equal(follower.recent().length, 100);
  });

  it('are told while somebody follows, and from where the history ended', async () => {
    const engine = new Engine(engineOptions(), () => {});
    try {
      engine.setEventLogSize(100);
      const types = (entries) => entries.map(({ type }) => type);
      const feed = createLogFeed(() => ({
        endOfLog: () => engine.endOfLog(),
        log: (limit) => engine.eventLog(limit).reverse(),
        logSince: (since) => engine.logSince(since, 100, 100_000),
      }));
      const log = (...names) => names.forEach((name) => engine.recordEvent(name, 'null', true));
      log('a', 'b');
      assert.equal(feed.batch(false), null, 'nobody wants to know');
      assert.deepEqual(types(feed.history('me', 10, true).entries), ['a', 'b']);
      log('c');
      assert.deepEqual(types(feed.history('me', 10, false).entries), ['a', 'b', 'c']);
      const { entries, next } = feed.history('me', 1, true);
      assert.deepEqual([types(entries), next], [['b'], 2], 'the rest comes with the batch');
      assert.deepEqual(types(feed.batch(false).entries), ['c'], 'who asked is about to watch');
      log('d');
      assert.deepEqual(types(feed.batch(true).entries), ['d']);
      engine.setEventLogSize(3);
      log('e', 'f', 'g', 'h');
      assert.deepEqual(feed.history('me', 10, true).entries, [], 'the log has forgotten the rest');
      assert.deepEqual(types(feed.batch(true).entries), ['f', 'g', 'h']);
    } finally {
      await engine.close();
    }
  });
});
