// What the demo needs in its database, put there at every start if it is absent.

const PUBLIC = {
  'api::article.article': ['find', 'findOne', 'create', 'update', 'delete'],
  'api::author.author': ['find', 'findOne'],
  'api::post.post': ['find', 'findOne'],
  'api::homepage.homepage': ['find'],
};
const AUTHENTICATED = {
  ...PUBLIC,
  'api::author.author': ['find', 'findOne', 'create', 'update', 'delete'],
};

/** Anyone may write articles here. Do not copy this into an app of yours. */
async function preparePermissions(strapi) {
  const roles = await strapi.db.query('plugin::users-permissions.role').findMany({
    where: { type: { $in: ['public', 'authenticated'] } },
    populate: ['permissions'],
  });
  for (const role of roles) {
    const granted = new Set(role.permissions.map(({ action }) => action));
    const wanted = role.type === 'public' ? PUBLIC : AUTHENTICATED;
    for (const [uid, actions] of Object.entries(wanted)) {
      for (const action of actions.map((name) => `${uid}.${name}`)) {
        if (granted.has(action)) continue;
        await strapi.db
          .query('plugin::users-permissions.permission')
          .create({ data: { action, role: role.id } });
      }
    }
  }
}

async function prepareContent(strapi) {
  const authors = strapi.documents('api::author.author');
  if ((await authors.count({})) > 0) return;
  const [ada, grace] = await Promise.all([
    authors.create({ data: { name: 'Ada Lovelace', email: 'ada@example.com' } }),
    authors.create({ data: { name: 'Grace Hopper', email: 'grace@example.com' } }),
  ]);
  const articles = strapi.documents('api::article.article');
  await articles.create({
    data: {
      title: 'Notes on the engine',
      content: 'Edit or delete this article and watch the log.',
      internalNotes: 'Private: no client ever gets to see this.',
      author: ada.documentId,
    },
  });
  await articles.create({
    data: { title: 'A moth in the relay', content: 'First actual case.', author: grace.documentId },
  });
}

async function prepareLogins(strapi) {
  const admin = { email: 'admin@example.com', password: process.env.DEMO_ADMIN_PASSWORD };
  const user = { email: 'user@example.com', password: process.env.DEMO_USER_PASSWORD };
  await prepareAdmin(strapi, admin);
  await prepareUser(strapi, user);
  return { admin, user };
}

async function prepareAdmin(strapi, { email, password }) {
  const users = strapi.service('admin::user');
  const existing = await strapi.db.query('admin::user').findOne({ where: { email } });
  if (!existing) {
    const role = await strapi.service('admin::role').getSuperAdmin();
    await users.create({
      email,
      password,
      firstname: 'Demo',
      lastname: 'Admin',
      isActive: true,
      registrationToken: null,
      roles: [role.id],
    });
  } else if (!(await strapi.service('admin::auth').validatePassword(password, existing.password))) {
    // The password lives in .env; a new .env with an old database must not lock anyone out.
    await users.updateById(existing.id, { password });
  }
}

async function prepareUser(strapi, { email, password }) {
  const query = strapi.db.query('plugin::users-permissions.user');
  const users = strapi.plugin('users-permissions').service('user');
  const existing = await query.findOne({ where: { email } });
  if (existing) {
    if (!(await users.validatePassword(password, existing.password))) {
      await users.edit(existing.id, { password });
    }
    return;
  }
  const role = await strapi.db
    .query('plugin::users-permissions.role')
    .findOne({ where: { type: 'authenticated' } });
  await users.add({
    username: 'demo',
    email,
    password,
    provider: 'local',
    confirmed: true,
    blocked: false,
    role: role.id,
  });
}

module.exports = { prepareContent, prepareLogins, preparePermissions };
