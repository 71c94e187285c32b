// An application in a process of its own, as Strapi keeps state per process. A message `[id, method, …args]` calls one
// of the methods below, and is answered with `[id, result]`; the end of the parent ends it.
import { boot } from './app.mjs';
import { pushToken } from './transfer.mjs';

const ARTICLE = 'api::article.article';

const app = await boot({ contentTypes: [ARTICLE] });
const articles = app.strapi.documents(ARTICLE);

const methods = {
  pushToken: () => pushToken(app),
  grant: (...args) => app.grant(...args),
  write: async (title) => {
    const { documentId } = await articles.create({ data: { title } });
    await articles.publish({ documentId });
  },
  flush: async (event) => {
    await app.strapi.plugin('io').service('changes').idle();
    await app.strapi.$io.raw({ event });
  },
};

process.on('message', ([id, method, ...args]) => {
  void methods[method](...args).then(
    (result) => process.send([id, result ?? null]),
    (error) => process.send([id, null, error.stack]),
  );
});
process.once('disconnect', () => void app.close().finally(() => process.exit()));
process.send(['ready', { url: app.url, folder: app.folder }]);
