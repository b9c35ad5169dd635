import { cp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  Application,
  type DocumentReflection,
  type JSONOutput,
  JSX,
  normalizePath,
  PageEvent,
  TypeDocReader,
} from 'typedoc';
import { GUIDE_GROUPS, guides } from './guides.mts';
import { asOnGitHub } from './markdown.mts';

/** Where else the site leads, from the side of every page. */
const ELSEWHERE: readonly (readonly [string, string])[] = [
  ['Train one in this browser', 'demo/index.html'],
  ['Example dashboards', 'examples/index.html'],
];

/** KaTeX's style sheet and fonts: a browser's own fonts for equations differ, or are none. */
const KATEX = dirname(createRequire(import.meta.url).resolve('katex/dist/katex.min.css'));
const EQUATIONS = 'assets/katex';

/**
 * Where typedoc's pages have their icons from. A page from disk may not read another file's picture,
 * and complains of each; the script that typedoc has beside it puts all icons into the page itself.
 */
const ICON_FILE = /href="[^"]*assets\/icons\.svg#icon-/g;

/** On GitHub a link to the notebook shows it; here there is a page of it. */
const NOTEBOOK = /href="[^"]*media\/walkthrough\.ipynb"/g;

/**
 * Writes the reference and the guides, by typedoc.json and what JSON cannot hold.
 *
 * @param root this repository
 * @param out the folder that the pages go to; what is in it goes
 * @returns what typedoc knows of the public API, for the rules in documentation.ts
 * @throws where a symbol has no documentation, a link leads nowhere or typedoc warns of anything
 */
export async function writeReference(
  root: string,
  out: string,
): Promise<JSONOutput.ProjectReflection> {
  const pages = guides(join(root, 'docs'));
  const app = await Application.bootstrapWithPlugins(
    {
      options: join(root, 'typedoc.json'),
      projectDocuments: pages.map(({ file }) => file),
      groupOrder: [...GUIDE_GROUPS, 'Modules', '*'],
      markdownItLoader: asOnGitHub,
      out,
    },
    [new TypeDocReader()],
  );
  let walkthrough: DocumentReflection | undefined;
  const groupOf = new Map(pages.map(({ file, group }) => [normalizePath(file), group]));
  app.converter.on('createDocument', (_, page) => {
    const path = app.files.getReflectionPath(page) ?? normalizePath('');
    if (path.endsWith('/walkthrough.md')) walkthrough = page;
    const group = groupOf.get(path);
    page.frontmatter['group'] ??= group;
  });
  app.renderer.hooks.on('head.end', (context) =>
    JSX.createElement('link', {
      rel: 'stylesheet',
      href: context.relativeURL(`${EQUATIONS}/katex.min.css`),
    }),
  );
  app.renderer.hooks.on('sidebar.begin', (context) =>
    JSX.createElement(
      'nav',
      { class: 'site-elsewhere', 'aria-label': 'Elsewhere' },
      ELSEWHERE.map(([text, page]) =>
        JSX.createElement('a', { href: context.relativeURL(page) }, text),
      ),
    ),
  );
  app.renderer.on(PageEvent.END, (page) => {
    const up = '../'.repeat(page.url.split('/').length - 1);
    const read = walkthrough && app.renderer.router?.getFullUrl(walkthrough);
    page.contents = page.contents
      ?.replaceAll(ICON_FILE, 'href="#icon-')
      .replaceAll(NOTEBOOK, read ? `href="${up}${read}"` : '$&');
  });
  const project = await app.convert();
  if (project === undefined) throw new Error('typedoc cannot read the sources');
  app.validate(project);
  await app.generateDocs(project, out);
  for (const part of ['katex.min.css', 'fonts']) {
    await cp(join(KATEX, part), join(out, EQUATIONS, part), { recursive: true });
  }
  const complaints = app.logger.errorCount + app.logger.warningCount;
  if (complaints > 0) throw new Error(`typedoc complains ${complaints} times, above`);
  return app.serializer.projectToObject(project, normalizePath(root));
}
