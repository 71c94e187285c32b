// Admins of a test application who log in over HTTP, as the panel does.
import { randomUUID } from 'node:crypto';
import { connect } from './client.mjs';

const PASSWORD = 'Passw0rd!';

/** Without `strapi`, as for one in another process, only what goes over HTTP. */
export function adminActions({ strapi, url }) {
  // Strapi allows a few logins per minute; tests need more.
  strapi?.config.set('admin.rateLimit', { enabled: false });

  /** One request to the admin API: resolves with status, headers and body. */
  const request = async (method, place, { token, data } = {}) => {
    const isJson = data !== undefined && !(data instanceof FormData);
    const response = await fetch(`${url}${place}`, {
      method,
      headers: {
        ...(isJson ? { 'content-type': 'application/json' } : {}),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: isJson ? JSON.stringify(data) : data,
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    const isJsonAnswer = response.headers.get('content-type')?.includes('json');
    return {
      status: response.status,
      headers: response.headers,
      body: isJsonAnswer ? JSON.parse(text) : text,
    };
  };

  /** Requests with this token which have to succeed: resolve with the answer's body. */
  const caller = (token) => async (method, place, data) => {
    const { status, body } = await request(method, place, { token, data });
    if (status >= 300) throw new Error(`${method} ${place}: ${status} ${JSON.stringify(body)}`);
    return body;
  };

  /** A role of admins with these permissions: `{ action, subject }`. */
  const addRole = async (name, permissions) => {
    const role = await strapi.service('admin::role').create({ name, description: '' });
    await strapi.service('admin::role').assignPermissions(
      role.id,
      permissions.map((permission) => ({ properties: {}, conditions: [], ...permission })),
    );
    return role;
  };

  const superAdminRole = () =>
    strapi.db.query('admin::role').findOne({ where: { code: 'strapi-super-admin' } });

  const addAdmin = async (name, role) =>
    strapi.service('admin::user').create({
      email: `${name}@example.com`,
      firstname: name,
      lastname: 'Admin',
      password: PASSWORD,
      isActive: true,
      roles: [(role ?? (await superAdminRole())).id],
    });

  /** Resolves with the access token of a new admin session. */
  const login = async (name) => {
    const { status, body } = await request('POST', '/admin/login', {
      data: { email: `${name}@example.com`, password: PASSWORD, deviceId: randomUUID() },
    });
    if (status !== 200) throw new Error(`login: ${status} ${JSON.stringify(body)}`);
    return body.data.accessToken ?? body.data.token;
  };

  const session = (token) => request('POST', '/io/presence/session', { token });

  const auth = (token) => ({ strategy: 'admin-jwt', token, isAdmin: true });

  /** Logs in anew, and connects as the panel does. */
  const enter = async (name) => {
    const access = await login(name);
    const { status, body } = await session(access);
    if (status !== 200) throw new Error(`session: ${status} ${JSON.stringify(body)}`);
    const client = await connect(body.wsUrl, { auth: auth(body.token), path: body.wsPath });
    return { ...client, access, token: body.token };
  };

  return { request, caller, addRole, addAdmin, login, session, auth, enter };
}
