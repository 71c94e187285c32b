// The admin UI of Socket.IO instruments the server it is given; its page shows what is there and acts on it.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before } from 'node:test';
import { instrument } from '@socket.io/admin-ui';
import { launchBrowser, withoutChromium } from '../support/browser.mjs';
import { next, parity } from './support.mjs';

const require = createRequire(import.meta.url);
const dist = path.join(
  path.dirname(require.resolve('@socket.io/admin-ui/package.json')),
  'ui/dist',
);
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
const skip = withoutChromium();

let browser;
before(async () => {
  if (!skip) browser = await launchBrowser();
});
after(() => browser?.close());

/** The page as its package ships it, on a server of its own. */
async function serveThePage(world) {
  const http = createServer(async (request, response) => {
    const file = request.url === '/' ? '/index.html' : request.url.split('?')[0];
    const content = await readFile(path.join(dist, path.normalize(file))).catch(() => null);
    const type = TYPES[path.extname(file)] ?? 'application/octet-stream';
    response.writeHead(content === null ? 404 : 200, { 'content-type': type }).end(content);
  });
  const { url } = await world.listen(http);
  world.onClose(() => http.close());
  return url;
}

const open = async (world) => {
  const page = await browser.newPage();
  world.onClose(() => page.close());
  page.setDefaultTimeout(20_000);
  const failures = [];
  page.on('pageerror', (error) => failures.push(error.message));
  return { page, failures };
};

/** Waits until the table whose header holds `heading` has these rows, cells as they read, in any order. */
async function shows(page, heading, expected) {
  const read = (title) =>
    [...globalThis.document.querySelectorAll('table')]
      .filter((table) =>
        [...table.querySelectorAll('th')].some((th) => th.textContent.trim() === title),
      )
      .flatMap((table) => [...table.querySelectorAll('tbody tr')])
      .map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent))
      .map((cells) => cells.map((text) => text.replace(/\s+/g, ' ').trim()).filter(Boolean))
      .filter((cells) => cells.length > 0)
      .sort();
  const wanted = JSON.stringify([...expected].sort());
  const source = `JSON.stringify((${read})(${JSON.stringify(heading)})) === ${JSON.stringify(wanted)}`;
  await page.waitForFunction(source).catch(async () => {
    assert.deepEqual(await page.evaluate(read, heading), [...expected].sort());
  });
}

parity('instrument() shows sockets and rooms', async (world) => {
  const server = await world.serve();
  instrument(server.io, { auth: false, mode: 'development' });
  const { client, socket } = await world.pair(server);
  socket.join('r');
  const admin = world.client(`${server.url}/admin`);
  const [all] = await next(admin, 'all_sockets');
  const shown = all.find(({ id }) => id === socket.id);
  assert.equal(shown.nsp, '/');
  assert.equal(shown.transport, 'websocket');
  assert.deepEqual(shown.rooms.sort(), ['r', socket.id].sort());
  const joined = next(admin, 'room_joined');
  socket.join('s');
  assert.deepEqual((await joined).slice(0, 3), ['/', 's', socket.id]);
  const received = next(admin, 'event_received');
  client.emit('hello', 1);
  assert.deepEqual((await received).slice(0, 3), ['/', socket.id, ['hello', 1]]);
  const left = next(client, 'disconnect');
  admin.emit('_disconnect', '/', false, socket.id);
  assert.equal((await left)[0], 'io server disconnect');
});

parity(
  'the page of the admin UI shows sockets and rooms, and acts on them',
  async (world) => {
    const origin = await serveThePage(world);
    const server = await world.serve({ cors: { origin, credentials: true } });
    instrument(server.io, { auth: false, mode: 'development' });
    const ann = await world.pair(server);
    const ben = await world.pair(server);
    const cat = await world.pair(server, '/', { transports: ['polling'] });
    for (const { socket } of [ann, ben]) socket.join('kitchen');
    cat.socket.join('garden');

    const { page, failures } = await open(world);
    await page.goto(origin);
    await page.getByLabel('Server URL').fill(server.url);
    await page.getByRole('button', { name: 'Connect' }).click();

    // The dashboard; the page itself is the client in /admin, by WebSocket once it has upgraded.
    await shows(page, '# of sockets', [
      ['/', '3'],
      ['/admin', '1'],
    ]);
    await shows(page, 'Transport', [
      ['WebSocket', '3 75.0 %'],
      ['HTTP long-polling', '1 25.0 %'],
    ]);

    const row = ({ socket }, transport) => [socket.id, '127.0.0.1', transport];
    await page.goto(`${origin}/#/sockets/`);
    await shows(page, 'IP address', [
      row(ann, 'WebSocket'),
      row(ben, 'WebSocket'),
      row(cat, 'HTTP long-polling'),
    ]);

    await page.goto(`${origin}/#/rooms/`);
    await shows(page, '# of sockets', [
      ['garden', 'Public', '1'],
      ['kitchen', 'Public', '2'],
    ]);
    cat.socket.join('cellar');
    await shows(page, '# of sockets', [
      ['cellar', 'Public', '1'],
      ['garden', 'Public', '1'],
      ['kitchen', 'Public', '2'],
    ]);

    // A room's own page: who is in it, and a button to take somebody out.
    await page.getByRole('cell', { name: 'kitchen' }).click();
    await shows(page, 'IP address', [row(ann, 'WebSocket'), row(ben, 'WebSocket')]);
    const buttons = (pair) => page.getByRole('row', { name: pair.socket.id }).getByRole('button');
    await buttons(ann).first().click();
    // A click on a row, even on its buttons, opens what it is about.
    await page.goto(`${origin}/#/rooms/`);
    await shows(page, '# of sockets', [
      ['cellar', 'Public', '1'],
      ['garden', 'Public', '1'],
      ['kitchen', 'Public', '1'],
    ]);
    assert.deepEqual([...ann.socket.rooms], [ann.socket.id]);
    assert.deepEqual([...server.io.of('/').adapter.rooms.get('kitchen')], [ben.socket.id]);

    await page.goto(`${origin}/#/sockets/`);
    const left = next(ben.client, 'disconnect');
    await buttons(ben).click();
    assert.equal((await left)[0], 'io server disconnect');
    await page.goto(`${origin}/#/sockets/`);
    await shows(page, 'IP address', [row(ann, 'WebSocket'), row(cat, 'HTTP long-polling')]);
    assert.deepEqual(failures, []);
  },
  { timeout: 60_000, skip },
);
