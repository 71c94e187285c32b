module.exports = ({ env }) => ({
  'users-permissions': { config: { jwtSecret: env('JWT_SECRET') } },

  // No `resolve`: the plugin is found by its package name, like in any other app.
  io: {
    enabled: true,
    config: {
      contentTypes: [
        { uid: 'api::article.article', populate: { author: { fields: ['name'] } } },
        'api::author.author',
        // Draft & publish: events follow what visitors can see.
        'api::post.post',
        { uid: 'api::homepage.homepage', populate: ['seo', 'sections'] },
      ],
    },
  },
});
