/** The languages the plugin's part of the admin panel is translated into, besides English. */
export default { config: { locales: ['de', 'es', 'fr', 'pt'] } };
