import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(__dirname, '..', '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  version: string;
  author: string;
  license: string;
  scripts: Record<string, string>;
};
const PAPERS = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md'],
  ...['.github/PULL_REQUEST_TEMPLATE.md'],
];
const PAGES = readdirSync(join(root, 'docs'))
  .filter((file) => file.endsWith('.md'))
  .map((file) => `docs/${file}`);

test('the version is the same everywhere', () => {
  const { version } = manifest;
  expect(read('CITATION.cff')).toMatch(new RegExp(`^version: ${version}$`, 'm'));
  expect(read('CHANGELOG.md').match(/^## \[([^\]]+)\]/m)?.[1]).toBe(version);
  expect(read('docs/bibliography.md')).toContain(`version = {${version}}`);
});

test('authors and licence are the same everywhere', () => {
  const { author, license } = manifest;
  const [, year, holder] = read('LICENSE').match(/^Copyright \(c\) (\d{4}) (.+)$/m) ?? [];
  expect(read('LICENSE')).toMatch(new RegExp(`^${license} License`));
  expect(holder).toBe(author);
  expect(read('CITATION.cff')).toContain(`authors:\n  - name: ${author}\n`);
  expect(read('CITATION.cff')).toMatch(new RegExp(`^license: ${license}$`, 'm'));
  expect(read('docs/bibliography.md')).toContain(`author = {{${author}}}`);
  expect(read('docs/bibliography.md')).toContain(`year = {${year}}`);
});

test('the paper to cite is the one that the layer computes', () => {
  const gated = read('src/architectures/gated.ts');
  const [, id] = gated.match(/arXiv:(\d{4}\.\d{5})/) ?? [];
  expect(read('CITATION.cff')).toContain(`arXiv:${id}`);
  expect(read('docs/bibliography.md')).toContain(`eprint = {${id}}`);
});

test('every paper of the bibliography has its BibTeX, and every key is there once', () => {
  const bibliography = read('docs/bibliography.md');
  const eprints = [...bibliography.matchAll(/eprint = \{([\d.]+)\}/g)].map(([, id]) => id);
  const linked = [...bibliography.matchAll(/arxiv\.org\/abs\/([\d.]+)\)/g)].map(([, id]) => id);
  expect(linked.length).toBeGreaterThan(8);
  expect([...new Set(linked)].sort()).toEqual(eprints.sort());
  const keys = [...bibliography.matchAll(/^@\w+\{(\w+),/gm)].map(([, key]) => key);
  expect(new Set(keys).size).toBe(keys.length);
  // Braces that do not match break a reference manager.
  for (const [, block = ''] of bibliography.matchAll(/```bibtex\n([\s\S]*?)```/g)) {
    expect(block.split('{').length).toBe(block.split('}').length);
  }
});

test('what CONTRIBUTING tells to run and to look at is there', () => {
  const text = read('CONTRIBUTING.md');
  const scripts = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name as string);
  expect(scripts.length).toBeGreaterThan(3);
  for (const name of scripts) expect(Object.keys(manifest.scripts)).toContain(name);
  const paths = [
    ...text.matchAll(/(?:`|-- |--test |tsx )((?:src|test|docs|python-interop)\/[\w./-]+)/g),
  ];
  expect(paths.length).toBeGreaterThan(8);
  for (const [, path] of paths)
    expect([path, existsSync(join(root, path as string))]).toEqual([path, true]);
});

test('every form for an issue says what it is for, and asks for something', () => {
  const folder = '.github/ISSUE_TEMPLATE';
  const forms = readdirSync(join(root, folder)).filter((file) => file !== 'config.yml');
  expect(forms.sort()).toEqual(['bug.yml', 'feature.yml', 'numbers.yml']);
  for (const form of forms) {
    const text = read(`${folder}/${form}`);
    expect(text).toMatch(/^name: .+\ndescription: .+\nlabels: \[\w+\]\nbody:\n/);
    const ids = [...text.matchAll(/^ {4}id: (\w+)$/gm)].map(([, id]) => id);
    expect(ids.length).toBeGreaterThan(1);
    expect(new Set(ids).size).toBe(ids.length);
    expect(text).toContain('required: true');
  }
});

/** The anchors that GitHub gives a page's headings. */
const anchors = (text: string) =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    (heading as string)
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

test.each(PAGES)('%s has a title, a heading and a text', (file) => {
  expect(read(file)).toMatch(/^---\ntitle: .+\n---\n\n# .+\n\n[^#\s]/);
});

test.each([...PAPERS, ...PAGES])('%s: what it points to is there', (file) => {
  for (const [, link = ''] of read(file).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(link)) continue;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? file : join(dirname(file), path);
    expect([link, existsSync(join(root, target))]).toEqual([link, true]);
    if (anchor) expect([link, anchors(read(target)).includes(anchor)]).toEqual([link, true]);
  }
});
