const { prepareContent, prepareLogins, preparePermissions } = require('./demo');

module.exports = {
  register() {},

  async bootstrap({ strapi }) {
    await preparePermissions(strapi);
    await prepareContent(strapi);
    const logins = await prepareLogins(strapi);
    strapi.server.httpServer.once('listening', () => announce(strapi, logins));
  },
};

/** After Strapi's own banner, what a person needs to try things. */
function announce(strapi, { admin, user }) {
  const { address, port, family } = strapi.server.httpServer.address();
  const local = ['127.0.0.1', '0.0.0.0', '::', '::1'].includes(address);
  const host = local ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  const url = `http://${host}:${port}`;
  const rows = [
    ['Watch events', `${url}/demo/`],
    ['Admin panel', `${url}/admin`],
    ['Admin login', `${admin.email}  ${admin.password}`],
    ['API user', `${user.email}  ${user.password}`],
    ['REST', `curl -X POST ${url}/api/articles -H 'Content-Type: application/json' \\`],
    ['', `     -d '{"data":{"title":"Hello from curl"}}'`],
    ['Stop', 'Ctrl-C'],
  ];
  const lines = rows.map(([label, value]) => `  ${label.padEnd(13)} ${value}`);
  // After this tick, so that Strapi's banner comes first.
  setTimeout(() => process.stdout.write(`\n${lines.join('\n')}\n\n`), 200).unref();
}
