// The ways to write users of users-permissions beyond those all documents have. Most of them name a user by a row's id.
import { idOf, literal, mutate } from './entries.mjs';

export function usersRest(context, type) {
  const { api } = context;
  const place = async (documentId) => `/api/users/${await idOf(context, type, documentId)}`;
  return {
    create: async () => (await api('POST', '/api/users', type.made())).documentId,
    update: async (documentId) => api('PUT', await place(documentId), type.changed()),
    remove: async (documentId) => api('DELETE', await place(documentId)),
  };
}

export function usersGraphql(context, type) {
  const send = (verb, id, fields) =>
    mutate(
      context.api,
      `${verb}UsersPermissionsUser`,
      { id: id && `"${id}"`, data: fields && literal(fields) },
      '{ data { documentId } }',
    );
  return {
    create: async () => (await send('create', undefined, type.made())).data.documentId,
    update: async (documentId) =>
      send('update', await idOf(context, type, documentId), type.changed()),
    remove: async (documentId) => send('delete', await idOf(context, type, documentId)),
  };
}

/** Users who sign up, and the plugin's own service. */
export function usersPermissions(context, type) {
  const service = context.app.strapi.plugin('users-permissions').service('user');
  return {
    create: async () => {
      const { username, email, password } = type.made();
      const body = { username, email, password };
      const { user } = await context.visitor('POST', '/api/auth/local/register', body);
      return user.documentId;
    },
    update: async (documentId) =>
      service.edit(await idOf(context, type, documentId), type.changed()),
    remove: async (documentId) => service.remove({ id: await idOf(context, type, documentId) }),
  };
}
