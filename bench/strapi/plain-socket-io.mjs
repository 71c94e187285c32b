// The peer inside Strapi: plain socket.io doing the plugin's job with the least code that is correct. One middleware
// authenticates, one listener joins the room of the role, and an event is sanitized by Strapi once per role or token
// that may read the type.
import { Server } from 'socket.io';

/** What `strapi.contentAPI.sanitize` wants to know about a recipient. */
async function authOf(strapi, permissions) {
  const ability = await strapi.contentAPI.permissions.engine.generateAbility(
    permissions.map((action) => ({ action })),
  );
  const verify = (auth, { scope }) => {
    if (![scope].flat().every((one) => ability.can(one))) throw new Error('forbidden');
  };
  return { strategy: { name: 'bench', verify }, credentials: { id: 1 }, ability };
}

/** Rooms with the permissions of their members: one per role and one per custom API token. */
async function recipients(strapi, uid) {
  const roles = await strapi.db
    .query('plugin::users-permissions.role')
    .findMany({ populate: ['permissions'] });
  const tokens = await strapi.db
    .query('admin::api-token')
    .findMany({ where: { type: 'custom' }, populate: ['permissions'] });
  const all = [
    ...roles.map((role) => ({ room: role.name, permissions: role.permissions })),
    ...tokens.map((token) => ({ room: `token:${token.id}`, permissions: token.permissions })),
  ];
  const found = [];
  for (const { room, permissions } of all) {
    const actions = permissions.map(({ action }) => action);
    if (!actions.includes(`${uid}.find`)) continue;
    found.push({ room, auth: await authOf(strapi, actions) });
  }
  return found;
}

/** Starts socket.io on Strapi's own port. `echo` adds a handler for one event. */
export function startPlain(strapi, { echo }) {
  const io = new Server(strapi.server.httpServer, { serveClient: false });
  io.use(async (socket, next) => {
    try {
      const { token } = socket.handshake.auth;
      if (token === undefined) {
        socket.data.room = 'Public';
        return next();
      }
      const { id } = await strapi.plugin('users-permissions').service('jwt').verify(token);
      const user = await strapi
        .plugin('users-permissions')
        .service('user')
        .fetchAuthenticatedUser(id);
      if (!user || user.blocked) return next(new Error('Invalid credentials'));
      socket.data.user = user;
      socket.data.room = user.role.name;
      next();
    } catch {
      next(new Error('Invalid credentials'));
    }
  });
  io.on('connection', (socket) => {
    socket.join(socket.data.room);
    if (echo) socket.on('echo', (value, ack) => ack(value));
  });
  let known = null;
  return {
    async emit(uid, action, data) {
      known ??= await recipients(strapi, uid);
      const schema = strapi.getModel(uid);
      const event = `${schema.info.singularName}:${action}`;
      for (const { room, auth } of known) {
        io.to(room).emit(event, await strapi.contentAPI.sanitize.output(data, schema, { auth }));
      }
    },
    connections: () => io.engine.clientsCount,
    close: () => io.close(),
  };
}
