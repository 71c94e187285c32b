// README, "Sensitive Fields Protection": what is never sent, whatever is populated or sent by hand.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connect } from '../support/client.mjs';
import { bootDocumented, example, inConfig } from './support/app.mjs';

const USER = 'api::user.user';
/** The list of "Default Blocked Fields". */
const BLOCKED = [
  ['password', 'salt', 'hash'],
  ['resetPasswordToken', 'confirmationToken'],
  ['refreshToken', 'accessToken', 'token'],
  ['secret', 'apiKey', 'api_key'],
  ['privateKey', 'private_key'],
].flat();
/** The list of "Custom Sensitive Fields". */
const OWN = ['creditCard', 'ssn', 'socialSecurityNumber', 'bankAccount', 'internalNotes'];

const filled = (names) => Object.fromEntries(names.map((name) => [name, `hush ${name}`]));

async function start(t, plugins) {
  const app = await bootDocumented(plugins);
  t.after(() => app.close());
  for (const uid of [USER, 'api::author.author']) await app.grant('public', uid, 'find');
  const client = await connect(app.url);
  t.after(() => client.close());
  return { app, client };
}

describe('documentation: sensitive fields', { timeout: 300_000 }, () => {
  it('custom sensitive fields: not in emit, not in raw, at no level', async (t) => {
    const { app, client } = await start(t, await example('sensitive-fields.js'));
    const { strapi } = app;
    await strapi.documents(USER).create({
      data: {
        username: 'john',
        ...filled([...OWN, 'password', 'secretNote', 'myApiKey', 'user_api_key']),
      },
    });
    await app.flush(client);
    const [{ event, data }] = client.take();
    assert.equal(event, 'user:create');
    assert.equal(data.username, 'john');
    assert.ok(!JSON.stringify(data).includes('hush'), JSON.stringify(data));

    const heard = client.next('account');
    await strapi.$io.raw({
      event: 'account',
      data: {
        kept: 1,
        ...filled([...BLOCKED, ...OWN]),
        nested: [{ kept: 2, deeper: filled([...BLOCKED, ...OWN]) }],
        MYAPIKEY: 'hush',
        User_Api_Key: 'hush',
      },
    });
    assert.deepEqual(await heard, { kept: 1, nested: [{ kept: 2, deeper: {} }] });
  });

  it('how it works: with relations, and by emit()', async (t) => {
    const { app, client } = await start(t, inConfig(await example('sensitive-fields-populate.js')));
    const { strapi } = app;
    const friend = await strapi
      .documents('api::author.author')
      .create({ data: { name: 'jane', password: 'hush' } });
    await strapi.documents(USER).create({
      data: {
        username: 'john',
        friend: friend.documentId,
        ssn: 'sent: not on the list of this file',
        ...filled(['password', 'secretNote', 'myApiKey', 'user_api_key']),
      },
    });
    await app.flush(client);
    const [{ data }] = client.take();
    assert.equal(data.friend.name, 'jane');
    assert.match(data.ssn, /^sent/);
    assert.ok(!JSON.stringify(data).includes('hush'), JSON.stringify(data));

    const heard = client.next('user:update');
    await strapi.$io.emit({
      event: 'update',
      schema: strapi.getModel(USER),
      data: { id: 1, username: 'jim', ...filled(['password', 'secretNote', 'accessToken']) },
    });
    assert.deepEqual(await heard, { id: 1, username: 'jim' });
  });
});
