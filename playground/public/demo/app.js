'use strict';

const MAX_EVENTS = 100;
const $ = (id) => document.getElementById(id);
const element = (tag, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
};

/* ---- articles: plain REST, as any front end would ------------------------------------------ */

const articles = new Map();
let editing = null;

async function request(path, { method = 'GET', data } = {}) {
  const response = await fetch(`/api/${path}`, {
    method,
    headers: data ? { 'Content-Type': 'application/json' } : {},
    body: data ? JSON.stringify({ data }) : undefined,
  });
  const body = response.status === 204 ? null : await response.json();
  if (!response.ok) throw new Error(body?.error?.message ?? response.statusText);
  return body?.data;
}

async function loadArticles() {
  const list = await request(
    'articles?populate=author&sort=createdAt:desc&pagination[pageSize]=100',
  );
  articles.clear();
  for (const article of list.reverse()) articles.set(article.documentId, article);
  showArticles();
}

async function loadAuthors() {
  const list = await request('authors?sort=name');
  const known = $('author').value;
  $('author').replaceChildren(
    element('option', { value: '', textContent: 'none' }),
    ...list.map(({ documentId, name }) =>
      element('option', { value: documentId, textContent: name }),
    ),
  );
  $('author').value = known;
}

function showArticles() {
  const rows = [...articles.values()].reverse().map((article) => {
    const { documentId, title, content, author } = article;
    const edit = element('button', { type: 'button', className: 'quiet', textContent: 'Edit' });
    edit.setAttribute('aria-label', `Edit ${title}`);
    edit.addEventListener('click', () => startEditing(article));
    const remove = element('button', { type: 'button', className: 'quiet', textContent: 'Delete' });
    remove.setAttribute('aria-label', `Delete ${title}`);
    remove.addEventListener('click', () =>
      attempt(async () => {
        remove.disabled = true;
        await request(`articles/${documentId}`, { method: 'DELETE' });
        if (editing === documentId) stopEditing();
        if (!socket?.connected) await loadArticles();
      }),
    );
    return element(
      'li',
      {},
      element(
        'div',
        {},
        element('strong', { textContent: title }),
        element('p', { textContent: content ?? '' }),
        element('p', {
          className: 'meta',
          textContent: author ? `by ${author.name}` : 'no author',
        }),
      ),
      element('div', { className: 'buttons' }, edit, remove),
    );
  });
  $('articles').replaceChildren(...rows);
  $('article-count').textContent = articles.size;
  $('no-articles').hidden = articles.size > 0;
}

function startEditing({ documentId, title, content, author }) {
  editing = documentId;
  $('title').value = title;
  $('content').value = content ?? '';
  $('author').value = author?.documentId ?? '';
  $('notes').value = '';
  $('editor-heading').textContent = 'Edit article';
  $('save').textContent = 'Save changes';
  $('cancel').hidden = false;
  $('title').focus();
}

function stopEditing() {
  editing = null;
  $('editor').reset();
  $('editor-heading').textContent = 'New article';
  $('save').textContent = 'Create article';
  $('cancel').hidden = true;
}

/** Shows what went wrong next to the form instead of losing it. */
async function attempt(work) {
  $('problem').hidden = true;
  try {
    await work();
  } catch (error) {
    $('problem').textContent = error.message;
    $('problem').hidden = false;
  }
}

$('editor').addEventListener('submit', (event) => {
  event.preventDefault();
  attempt(async () => {
    $('save').disabled = true;
    try {
      const { title, content, author, internalNotes } = Object.fromEntries(
        new FormData($('editor')),
      );
      const data = { title, content, author: author || null };
      // Nobody can read private notes back, so an empty field means: leave them alone.
      if (internalNotes) data.internalNotes = internalNotes;
      if (editing) await request(`articles/${editing}`, { method: 'PUT', data });
      else await request('articles', { method: 'POST', data });
      stopEditing();
      if (!socket?.connected) await loadArticles();
    } finally {
      $('save').disabled = false;
    }
  });
});
$('cancel').addEventListener('click', stopEditing);

/* ---- events -------------------------------------------------------------------------------- */

let received = 0;

function logEvent(name, data) {
  received += 1;
  const action = name.split(':').pop();
  const now = new Date();
  const item = element(
    'li',
    {},
    element(
      'p',
      { className: 'name' },
      element('strong', { textContent: name }),
      element('time', { dateTime: now.toISOString(), textContent: now.toLocaleTimeString() }),
    ),
    element('pre', { textContent: JSON.stringify(data, null, 2), tabIndex: 0 }),
  );
  item.dataset.action = action;
  $('events').prepend(item);
  while ($('events').children.length > MAX_EVENTS) $('events').lastElementChild.remove();
  $('event-count').textContent = received;
  $('no-events').hidden = true;
  $('announcer').textContent = `${name}: ${data?.title ?? data?.name ?? data?.documentId ?? ''}`;
}

function applyEvent(name, data) {
  const [type, action] = name.split(':');
  if (type === 'article' && data?.documentId) {
    if (action === 'delete') articles.delete(data.documentId);
    // An event without the relation must not wipe what is on the page.
    else articles.set(data.documentId, { ...articles.get(data.documentId), ...data });
    showArticles();
  } else if (type === 'author') {
    attempt(loadAuthors);
  }
}

$('clear').addEventListener('click', () => {
  received = 0;
  $('events').replaceChildren();
  $('event-count').textContent = '0';
  $('no-events').hidden = false;
});

/* ---- connection ---------------------------------------------------------------------------- */

let socket;

function showStatus(state, text = state) {
  $('status').dataset.state = state;
  $('status-text').textContent = text;
  const connected = state === 'connected';
  $('socket-id').textContent = connected ? socket.id : '–';
  $('socket-id').title = connected ? socket.id : '';
  if (!connected) $('transport').textContent = '–';
  $('toggle').textContent = state === 'disconnected' ? 'Connect' : 'Disconnect';
}

function connect() {
  socket?.disconnect();
  showStatus('connecting');
  const own = io({ transports: $('transports').value.split(','), forceNew: true });
  socket = own;
  // A socket that was replaced by a newer one must not speak for it.
  const current =
    (listener) =>
    (...args) => {
      if (socket === own) listener(...args);
    };
  own.on(
    'connect',
    current(() => {
      const { engine } = own.io;
      $('transport').textContent = engine.transport.name;
      engine.once('upgrade', ({ name }) => ($('transport').textContent = name));
      showStatus('connected');
      // Whatever happened while nobody was listening.
      attempt(() => Promise.all([loadArticles(), loadAuthors()]));
    }),
  );
  own.on(
    'disconnect',
    current((reason) =>
      own.active
        ? showStatus('connecting', 'reconnecting')
        : showStatus('disconnected', `disconnected (${reason})`),
    ),
  );
  own.on(
    'connect_error',
    current((error) =>
      showStatus(own.active ? 'connecting' : 'disconnected', `cannot connect: ${error.message}`),
    ),
  );
  own.onAny(
    current((name, data) => {
      logEvent(name, data);
      applyEvent(name, data);
    }),
  );
}

$('toggle').addEventListener('click', () => {
  if (socket?.active) socket.disconnect();
  else connect();
});
$('transports').addEventListener('change', connect);

attempt(() => Promise.all([loadArticles(), loadAuthors()]));
if (typeof io === 'function') connect();
else showStatus('disconnected', 'no client: /socket.io/socket.io.js did not load');
