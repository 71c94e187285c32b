// Loaded before Strapi's command line: gives the configuration of a test application to the process.
const { folder, plugins } = JSON.parse(process.env.TEST_APP);
globalThis.pluginIoTestConfigs = new Map([[folder, plugins]]);
