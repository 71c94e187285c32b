import { createHmac, randomUUID } from 'node:crypto';
import { realpathSync } from 'node:fs';

import type { Strapi } from '../types';
import { isObject } from '../utils/is-object';
import { createSharedRow } from '../utils/shared-row';

/** Made once for each application, in its database. */
interface Application {
  id: string;
}

const isApplication = (value: unknown): value is Application =>
  isObject(value) && typeof value.id === 'string' && value.id !== '';

async function applicationId(strapi: Strapi): Promise<string> {
  const row = createSharedRow(strapi, 'application');
  const stored = await row.read();
  if (isApplication(stored)) return stored.id;
  // Another node may have made it meanwhile.
  const { id } = await row.change((value) => (isApplication(value) ? value : { id: randomUUID() }));
  return id;
}

/** What the database calls itself, by whatever address this node reaches it. */
async function databaseName(strapi: Strapi): Promise<unknown> {
  const { connection, dialect } = strapi.db;
  if (dialect.client === 'postgres') {
    const sql = 'select current_database() as name, current_schema() as in_schema';
    const { rows } = await connection.raw<{ rows: unknown[] }>(sql);
    return rows[0];
  }
  if (dialect.client === 'mysql') {
    const [rows] = await connection.raw<[unknown[]]>('select database() as name');
    return rows[0];
  }
  const { config } = connection.client as { config: { connection: { filename: string } } };
  const { filename } = config.connection;
  return filename === ':memory:' ? filename : realpathSync(filename);
}

/**
 * The key that keeps applications on one Redis apart: the same for all nodes of an application, as these share a database
 * and `server.app.keys`. It differs for a copy of the database under another name, or with other keys.
 */
export async function applicationKey(strapi: Strapi): Promise<string> {
  const about = [await applicationId(strapi), await databaseName(strapi)];
  const secret = JSON.stringify(strapi.config.get('server.app.keys') ?? null);
  const digest = createHmac('sha256', secret).update(JSON.stringify(about)).digest('hex');
  return `io:${digest.slice(0, 24)}`;
}
