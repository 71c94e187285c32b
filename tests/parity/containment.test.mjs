// Errors of user code never end the process, and are reported once.
import assert from 'node:assert/strict';
import { next, ours } from './support.mjs';

/** Fails on anything that got out. */
function watchProcess(world) {
  const escaped = [];
  const catcher = (error) => escaped.push(error);
  process.on('uncaughtException', catcher);
  process.on('unhandledRejection', catcher);
  world.onClose(() => {
    process.off('uncaughtException', catcher);
    process.off('unhandledRejection', catcher);
    assert.deepEqual(escaped, []);
  });
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Runs `provoke`, expects exactly one report with each of the words, and a server which still serves. */
function contained(name, words, provoke) {
  ours(name, async (world, t) => {
    watchProcess(world);
    const server = await world.serve();
    const pair = await world.pair(server);
    await provoke({ world, ...server, ...pair });
    while (world.reports.length < 1 && !t.signal.aborted) await turn();
    for (let i = 0; i < 5; i++) await turn();
    assert.equal(world.reports.length, 1, world.reports.join('\n'));
    for (const word of words) assert.ok(world.reports[0].includes(word), world.reports[0]);
    const heard = next(pair.client, 'alive');
    pair.socket.emit('alive');
    await heard;
  });
}

contained('a throwing listener', ['boom', '"e"'], async ({ client, socket }) => {
  const also = next(socket, 'e');
  socket.prependListener('e', () => {
    throw new Error('boom');
  });
  client.emit('e');
  await also;
});

contained('a rejecting listener', ['boom', '"e"'], ({ client, socket }) => {
  socket.on('e', async () => {
    throw new Error('boom');
  });
  client.emit('e');
});

contained('a throwing disconnect listener', ['boom', 'disconnect'], async ({ world, io, url }) => {
  const connection = next(io, 'connection');
  const client = await world.connected(url);
  const [socket] = await connection;
  socket.on('disconnect', () => {
    throw new Error('boom');
  });
  client.disconnect();
});

contained('a throwing connection listener', ['boom', 'connection'], async ({ world, io, url }) => {
  io.once('connection', () => {
    throw new Error('boom');
  });
  await world.connected(url);
});

contained('a throwing acknowledgement callback', ['boom'], ({ client, socket }) => {
  client.on('ask', (answer) => answer());
  socket.emit('ask', () => {
    throw new Error('boom');
  });
});

contained('a throwing acknowledgement callback after a timeout', ['boom'], ({ socket }) => {
  socket.timeout(5).emit('silence', () => {
    throw new Error('boom');
  });
});

contained('a throwing broadcast acknowledgement', ['boom'], ({ io }) => {
  io.timeout(5).emit('silence', () => {
    throw new Error('boom');
  });
});

contained('a throwing packet middleware', ['boom'], async ({ client, socket }) => {
  socket.use(([name]) => {
    if (name === 'e') throw new Error('boom');
  });
  socket.on('e', () => assert.fail('not let through'));
  const error = next(socket, 'error');
  client.emit('e');
  assert.equal((await error)[0].message, 'boom');
});

contained('a throwing catch-all listener', ['boom'], ({ client, socket }) => {
  socket.onAny(() => {
    throw new Error('boom');
  });
  client.emit('e');
});

for (const [how, middleware] of [
  [
    'throwing',
    () => {
      throw new Error('boom');
    },
  ],
  [
    'rejecting',
    async () => {
      throw new Error('boom');
    },
  ],
]) {
  contained(
    `a ${how} namespace middleware lets nobody in`,
    ['boom'],
    async ({ world, io, url }) => {
      io.of('/guarded').use(middleware);
      const [error] = await next(world.client(`${url}/guarded`), 'connect_error');
      assert.equal(error.message, 'internal error');
      assert.equal(io.of('/guarded').sockets.size, 0);
    },
  );
}

contained('a throwing namespace function', ['boom'], async ({ world, io, url }) => {
  io.of(() => {
    throw new Error('boom');
  });
  const [error] = await next(world.client(`${url}/x`), 'connect_error');
  assert.equal(error.message, 'Invalid namespace');
});

contained('a throwing engine middleware', ['boom'], async ({ world, io, url }) => {
  io.engine.use(() => {
    throw new Error('boom');
  });
  await next(world.client(url), 'connect_error');
  io.engine.middlewares.length = 0;
});

contained('a throwing headers listener', ['boom'], async ({ world, io, url }) => {
  io.engine.once('headers', () => {
    throw new Error('boom');
  });
  await next(world.client(url), 'connect_error');
});

contained('an adapter that cannot count its servers', ['boom'], async ({ io, client }) => {
  client.on('ask', (answer) => answer('here'));
  io.of('/').adapter.serverCount = async () => {
    throw new Error('boom');
  };
  const error = await io
    .timeout(50)
    .emitWithAck('ask')
    .catch((reason) => reason);
  assert.deepEqual([error.message, error.responses], ['operation has timed out', ['here']]);
});
