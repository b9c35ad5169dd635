import type { Plugin } from 'vite';

/**
 * Asks for the built page's style sheet without CORS, for from disk it does not come otherwise. The
 * page cannot run there, but it says so, and is to look as it should.
 */
export function styleFromDisk(): Plugin {
  return {
    name: 'style-from-disk',
    transformIndexHtml: {
      order: 'post',
      handler: (html) =>
        html.replace('<link rel="stylesheet" crossorigin', '<link rel="stylesheet"'),
    },
  };
}
