import assert from 'node:assert/strict';

/** Signs an administrator in; resolves with a function that calls the Content Manager's API. */
export async function createAdmin({ strapi, url }) {
  const role = await strapi.db
    .query('admin::role')
    .findOne({ where: { code: 'strapi-super-admin' } });
  const password = 'Passw0rd!';
  const { email } = await strapi.service('admin::user').create({
    email: 'admin@example.com',
    firstname: 'A',
    lastname: 'B',
    password,
    isActive: true,
    roles: [role.id],
  });
  const call = async (method, place, body, token) => {
    const response = await fetch(`${url}/${place}`, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${place}: ${response.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  };
  const { data } = await call('POST', 'admin/login', { email, password });
  return (method, place, body) => call(method, `content-manager/${place}`, body, data.token);
}
