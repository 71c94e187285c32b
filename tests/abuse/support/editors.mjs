// Honest admins who edit one document while others flood presence.
import { setTimeout as wait } from 'node:timers/promises';
import { connect } from '../../plugin/support/client.mjs';
import { quantile } from './victims.mjs';

const ANSWER_LIMIT = 30_000;
const EVERY = 200;

/** Who `count` admins are, in one document; `stop()` resolves with `{ numbers, faults }`. */
export async function startEditors(target, { uid, documentId, count = 2 }) {
  const document = { uid, documentId };
  const took = [];
  const faults = [];
  let updates = 0;
  let isStopped = false;
  const editors = await Promise.all(
    Array.from({ length: count }, async () => {
      const auth = { strategy: 'admin-jwt', token: await target.ask('admin'), isAdmin: true };
      const editor = await connect(target.url, { auth, transports: ['websocket'] });
      editor.socket.on('presence:update', () => (updates += 1));
      editor.socket.on('disconnect', (reason) => {
        if (!isStopped) faults.push(`an editor was disconnected: ${reason}`);
      });
      const { success, error } = await editor.ask('presence:join', document);
      if (!success) throw new Error(`presence:join: ${error}`);
      return editor;
    }),
  );
  const loops = editors.map(async ({ socket }) => {
    while (!isStopped && socket.connected) {
      const began = performance.now();
      const answer = await socket
        .timeout(ANSWER_LIMIT)
        .emitWithAck('presence:check', document)
        .catch(() => null);
      if (answer?.success) took.push(performance.now() - began);
      else if (socket.connected) faults.push(`presence:check: ${answer?.error ?? 'no answer'}`);
      await wait(Math.max(0, EVERY - (performance.now() - began)));
    }
  });
  return {
    async stop() {
      isStopped = true;
      await Promise.all(loops);
      const [first] = editors;
      const { editors: present } = await first.ask('presence:check', document);
      for (const { socket } of editors) {
        if (!present.some(({ socketId }) => socketId === socket.id)) {
          faults.push('an editor is not listed any more');
        }
      }
      for (const { close } of editors) close();
      if (took.length === 0) faults.push('no editor got an answer');
      const numbers = {
        'editor checks': took.length,
        'ms p50 of them': quantile(took, 0.5),
        'ms p99': quantile(took, 0.99),
        'updates to editors': updates,
      };
      return { numbers, faults };
    },
  };
}
