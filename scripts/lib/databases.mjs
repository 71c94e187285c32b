import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { aptInstall, shell } from './apt.mjs';
import { red, say } from './log.mjs';

/** The account that tests use on a server which was installed for them. */
const ACCOUNT = { user: 'plugin_io', password: 'plugin_io' };

const servers = [
  {
    name: 'PostgreSQL',
    variable: 'TEST_POSTGRES_URL',
    url: 'postgres://root@127.0.0.1:5432/postgres',
    package: 'postgresql',
    start: 'pg_ctlcluster --skip-systemctl-redirect $(ls /etc/postgresql) main start',
    account: `su postgres -c "psql -qc \\"CREATE ROLE ${ACCOUNT.user} LOGIN SUPERUSER PASSWORD '${ACCOUNT.password}'\\""`,
  },
  {
    name: 'MariaDB',
    variable: 'TEST_MARIADB_URL',
    url: 'mysql://root@127.0.0.1:3306',
    package: 'mariadb-server',
    start:
      'mkdir -p /run/mysqld && chown mysql /run/mysqld && (setsid mariadbd-safe --bind-address=127.0.0.1 >/dev/null 2>&1 &)',
    account: `mariadb -e "GRANT ALL ON *.* TO '${ACCOUNT.user}'@'127.0.0.1' IDENTIFIED BY '${ACCOUNT.password}' WITH GRANT OPTION"`,
  },
];

const reachable = ({ hostname, port }) =>
  new Promise((resolve) => {
    const socket = net.connect({ host: hostname, port: Number(port) });
    const done = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => done(false));
    socket.once('error', () => done(false));
    socket.once('connect', () => done(true));
  });

/** Installs Debian's server with an account for the tests; null if that did not work. */
async function install(server) {
  if (!(await aptInstall(server.name, server.package))) return null;
  const url = new URL(server.url);
  if (!(await reachable(url))) await shell(server.start);
  for (let tries = 0; tries < 100 && !(await reachable(url)); tries += 1) await wait(200);
  if ((await shell(server.account)).code !== 0) return null;
  return Object.assign(url, { username: ACCOUNT.user, password: ACCOUNT.password });
}

/**
 * Makes sure that PostgreSQL and MariaDB answer where TEST_POSTGRES_URL and TEST_MARIADB_URL or their defaults say,
 * installing what is missing where that is possible. Returns the environment for the tests; those that need a
 * server which is not there skip, and say so.
 */
export async function ensureDatabases() {
  const env = {};
  for (const server of servers) {
    const given = process.env[server.variable];
    const url = new URL(given || server.url);
    const found = (await reachable(url)) ? url : given ? null : await install(server);
    if (found) env[server.variable] = found.href;
    else
      say(
        red(
          `NO ${server.name.toUpperCase()} at ${url.host}: tests that need one are SKIPPED (set ${server.variable})`,
        ),
      );
  }
  return env;
}
