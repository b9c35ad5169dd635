import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** What the guide quotes, and from where. */
const SOURCES = [
  'src/architectures/topk.ts',
  'test/reference/topk.ts',
  'docs/adding-an-architecture/tanh.ts',
].map(read);
const guide = read('docs/adding-an-architecture.md');
const quoted = (language: string) =>
  [...guide.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, code]) => code as string,
  );

test('the guide to an architecture quotes the worked example as it stands', () => {
  const quotes = quoted('typescript');
  expect(quotes.length).toBeGreaterThan(10);
  for (const quote of quotes) {
    expect([quote, SOURCES.some((source) => source.includes(quote))]).toEqual([quote, true]);
  }
});

test('its entry of the table of Keras classes is that of the table', () => {
  const { dictionaries } = JSON.parse(read('src/io/keras/layers.json')) as {
    dictionaries: Record<string, unknown>;
  };
  const [entry] = quoted('json').map((text) => JSON.parse(`{${text}}`) as Record<string, unknown>);
  expect(entry).toEqual({ TopKSAE: dictionaries['TopKSAE'] });
});

test('every test whose message it explains is one of the conformance tests, or an error of tfjs', () => {
  const tests = readdirSync(join(root, 'test', 'conformance')).map((file) =>
    read(`test/conformance/${file}`),
  );
  const setup = read('test/setup/backend.ts');
  const rows = [...guide.matchAll(/^\| (?:only )?`([^`]+)`/gm)].map(([, said]) => said as string);
  expect(rows.length).toBeGreaterThan(4);
  for (const said of rows.filter((row) => !row.startsWith('Cannot compute gradient'))) {
    const title = said.replace(/another target|codes$/, '%s');
    const found = [...tests, setup].some((text) => text.includes(title));
    expect([said, found]).toEqual([said, true]);
  }
});
