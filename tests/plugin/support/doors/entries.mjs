// The ways to write a document. A door makes a document (or one more locale of the one it is given), changes it and
// takes it away; those for drafts publish it and take it back, all others leave it published.
// `context` holds the application, and `admin` and `api`, which send requests as an administrator and with a token.

const at = (locale) => (locale === null ? {} : { locale });
const query = (locale) => (locale === null ? '' : `?locale=${locale}`);

/** The id of the document's row, for doors which ask for that. */
export const idOf = async ({ app }, type, documentId) =>
  (await app.strapi.db.query(type.uid).findOne({ where: { documentId }, select: ['id'] })).id;

export function documentService({ app }, type) {
  const documents = app.strapi.documents(type.uid);
  return {
    create: async (locale, documentId) => {
      const params = { ...at(locale), data: type.made() };
      const made = await (documentId === undefined
        ? documents.create(params)
        : documents.update({ documentId, ...params }));
      return made.documentId;
    },
    update: (documentId, locale) =>
      documents.update({ documentId, ...at(locale), data: type.changed() }),
    publish: (documentId, locale) => documents.publish({ documentId, ...at(locale) }),
    unpublish: (documentId, locale) => documents.unpublish({ documentId, ...at(locale) }),
    remove: (documentId, locale) => documents.delete({ documentId, ...at(locale) }),
  };
}

export function rest({ api }, type) {
  const place = (id, locale) =>
    `/api/${type.single ? type.name : type.plural}${type.single || id === undefined ? '' : `/${id}`}${query(locale)}`;
  return {
    create: async (locale, id) => {
      const method = type.single || id !== undefined ? 'PUT' : 'POST';
      const { data } = await api(method, place(id, locale), { data: type.made() });
      return data.documentId;
    },
    update: (id, locale) => api('PUT', place(id, locale), { data: type.changed() }),
    remove: (id, locale) => api('DELETE', place(id, locale)),
  };
}

/** Sends a mutation of which the arguments are given as GraphQL writes them; resolves with what it selects. */
export async function mutate(api, name, args, selection) {
  const given = Object.entries(args)
    .filter(([, value]) => value !== undefined)
    .map((pair) => pair.join(': '));
  const list = given.length > 0 ? `(${given.join(', ')})` : '';
  const { data, errors } = await api('POST', '/graphql', {
    query: `mutation { ${name}${list} ${selection} }`,
  });
  if (errors !== undefined) throw new Error(`${name}${list}: ${JSON.stringify(errors)}`);
  return data[name];
}

/** An object as GraphQL writes it. */
export const literal = (fields) =>
  `{ ${Object.entries(fields)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
    .join(', ')} }`;

export function graphql(context, type) {
  const Name = type.name[0].toUpperCase() + type.name.slice(1);
  const send = (verb, id, locale, fields) =>
    mutate(
      context.api,
      `${verb}${Name}`,
      {
        documentId: type.single || id === undefined ? undefined : `"${id}"`,
        locale: locale === null ? undefined : `"${locale}"`,
        data: fields && literal(fields),
      },
      '{ documentId }',
    );
  const creating = (id) => (type.single || id !== undefined ? 'update' : 'create');
  return {
    create: async (locale, id) => (await send(creating(id), id, locale, type.made())).documentId,
    update: (id, locale) => send('update', id, locale, type.changed()),
    // Strapi's mutation deletes the default locale, whatever it is asked for.
    remove: (id, locale) =>
      locale === null || locale === 'en'
        ? send('delete', id, locale)
        : documentService(context, type).remove(id, locale),
  };
}

export function contentManager({ admin }, type) {
  const kind = type.single ? 'single-types' : 'collection-types';
  const send = (method, id, action, locale, data) => {
    const document = type.single || id === undefined ? '' : `/${id}`;
    return admin(
      method,
      `/content-manager/${kind}/${type.uid}${document}${action}${query(locale)}`,
      data,
    );
  };
  return {
    create: async (locale, id) => {
      const method = type.single || id !== undefined ? 'PUT' : 'POST';
      const answer = await send(method, id, '', locale, type.made());
      // Users are answered without an envelope.
      return (answer.data ?? answer).documentId;
    },
    update: (id, locale) => send('PUT', id, '', locale, type.changed()),
    publish: (id, locale) => send('POST', id, '/actions/publish', locale, type.changed()),
    unpublish: (id, locale) => send('POST', id, '/actions/unpublish', locale, {}),
    remove: (id, locale) => send('DELETE', id, '', locale),
  };
}

/** Two documents at once, where the Content Manager has an action for it. */
export function contentManagerInBulk(context, type) {
  const one = contentManager(context, type);
  const send = (action) => (documentIds, locale) =>
    context.admin(
      'POST',
      `/content-manager/collection-types/${type.uid}/actions/${action}${query(locale)}`,
      { documentIds, ...at(locale) },
    );
  return {
    create: async (locale, ids = [undefined, undefined]) => {
      const made = [];
      for (const id of ids) made.push(await one.create(locale, id));
      return made;
    },
    update: async (ids, locale) => {
      for (const id of ids) await one.update(id, locale);
    },
    publish: send('bulkPublish'),
    unpublish: send('bulkUnpublish'),
    remove: send('bulkDelete'),
  };
}

let rows = 0;

/** A row as the Document Service would have left it. */
const row = (type, locale, documentId = `row-${(rows += 1)}`) => ({
  documentId,
  ...at(locale),
  ...(type.drafts ? { publishedAt: new Date() } : {}),
  ...type.made(),
});

export function queryEngine({ app }, type) {
  const table = app.strapi.db.query(type.uid);
  return {
    create: async (locale, documentId) => {
      const data = row(type, locale, documentId);
      await table.create({ data });
      return data.documentId;
    },
    update: (documentId, locale) =>
      table.update({ where: { documentId, ...at(locale) }, data: type.changed() }),
    remove: (documentId, locale) => table.delete({ where: { documentId, ...at(locale) } }),
  };
}

export function queryEngineInBulk({ app }, type) {
  const table = app.strapi.db.query(type.uid);
  const these = ($in, locale) => ({ documentId: { $in }, ...at(locale) });
  return {
    create: async (locale, ids = [undefined, undefined]) => {
      const data = ids.map((id) => row(type, locale, id));
      await table.createMany({ data });
      return data.map(({ documentId }) => documentId);
    },
    update: (ids, locale) => table.updateMany({ where: these(ids, locale), data: type.changed() }),
    remove: (ids, locale) => table.deleteMany({ where: these(ids, locale) }),
  };
}
