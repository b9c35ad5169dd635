import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { LinkChecker, LinkState } from 'linkinator';

/** What a walk through a site's links has found. */
export interface LinkReport {
  /** Links to pages, places within pages, images, scripts and styles of the site itself. */
  readonly followed: number;
  /** Addresses of other hosts: named, not fetched. */
  readonly external: readonly string[];
  /** Links that lead nowhere, with the page that they are on. */
  readonly broken: readonly string[];
  /** Pages that no link leads to. */
  readonly unreached: readonly string[];
}

/**
 * Follows every link of a site from its first page on. Nothing is fetched from elsewhere: the site
 * is served to this machine alone for as long as it takes.
 *
 * @param site folder with an index.html
 */
export async function checkLinks(site: string): Promise<LinkReport> {
  const { links } = await new LinkChecker().check({
    path: ['/'],
    serverRoot: site,
    recurse: true,
    checkFragments: true,
    checkCss: true,
    concurrency: 20,
    linksToSkip: async (link) => !link.startsWith('http://localhost:'),
  });
  // The first page is there under its folder's name.
  const local = (url = '') => {
    const path = decodeURI(url).replace(/^http:\/\/localhost:\d+\//, '');
    return path === '' || path === './' ? 'index.html' : path;
  };
  const unique = (texts: readonly string[]) => [...new Set(texts)].sort();
  const state = (wanted: LinkState) => links.filter((link) => link.state === wanted);
  const followed = state(LinkState.OK);
  const reached = new Set(followed.map(({ url }) => local(url).replace(/[?#].*$/, '')));
  const pages = readdirSync(site, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.html'))
    .map((file) => relative(site, join(site, file)).split(sep).join('/'));
  return {
    followed: followed.length,
    external: unique(state(LinkState.SKIPPED).map(({ url }) => url)),
    broken: unique(
      state(LinkState.BROKEN).map(({ url, parent }) => `${local(parent)} → ${local(url)}`),
    ),
    unreached: pages.filter((page) => !reached.has(page)),
  };
}
