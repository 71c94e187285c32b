// The ways to write files. All of them name a file by its row's id.
import { idOf, mutate } from './entries.mjs';

function form(info, ...contents) {
  const body = new FormData();
  contents.forEach((content, n) =>
    body.append('files', new Blob([content], { type: 'text/plain' }), `file-${n}.txt`),
  );
  if (info !== undefined) body.append('fileInfo', JSON.stringify(info));
  return body;
}

const edited = { name: 'edited.txt' };

export function filesRest(context, type) {
  const { api } = context;
  return {
    create: async () => (await api('POST', '/api/upload', form(undefined, 'new')))[0].documentId,
    update: async (documentId) =>
      api('POST', `/api/upload?id=${await idOf(context, type, documentId)}`, form(edited)),
    remove: async (documentId) =>
      api('DELETE', `/api/upload/files/${await idOf(context, type, documentId)}`),
  };
}

export function filesGraphql(context, type) {
  const send = async (verb, documentId, info) => {
    const id = `"${await idOf(context, type, documentId)}"`;
    await mutate(context.api, `${verb}UploadFile`, { id, info }, '{ name }');
  };
  return {
    // Strapi has no mutation for it.
    create: filesRest(context, type).create,
    update: (documentId) => send('update', documentId, '{ name: "edited.txt" }'),
    remove: (documentId) => send('delete', documentId),
  };
}

/** An update here puts other content in the place of the file's. */
export function mediaLibrary(context, type) {
  const { admin } = context;
  return {
    create: async () => (await admin('POST', '/upload', form(undefined, 'new')))[0].documentId,
    update: async (documentId) => {
      const id = await idOf(context, type, documentId);
      await admin('POST', `/upload?id=${id}`, form(edited, 'other content'));
    },
    remove: async (documentId) =>
      admin('DELETE', `/upload/files/${await idOf(context, type, documentId)}`),
  };
}

export function mediaLibraryInBulk(context, type) {
  const { admin } = context;
  const idsOf = (documentIds) =>
    Promise.all(documentIds.map((documentId) => idOf(context, type, documentId)));
  return {
    create: async () => {
      const made = await admin('POST', '/upload', form(undefined, 'one', 'two'));
      return made.map(({ documentId }) => documentId);
    },
    update: async (documentIds) => {
      const ids = await idsOf(documentIds);
      const updates = ids.map((id) => ({ id, fileInfo: edited }));
      await admin('POST', '/upload/actions/bulk-update', { updates });
    },
    remove: async (documentIds) => {
      const fileIds = await idsOf(documentIds);
      await admin('POST', '/upload/actions/bulk-delete', { fileIds, folderIds: [] });
    },
  };
}
