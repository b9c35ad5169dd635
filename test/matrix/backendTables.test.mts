import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DIFFERENCES } from '../backends/differences';
import { isLeftOut, NUMERIC_FILES, NUMERIC_ROOMS } from '../backends/numericFiles.mts';
import {
  DOCUMENT,
  differencesTable,
  quantities,
  shownLimit,
  TESTED_BACKENDS,
  tableIn,
} from '../backends/tables.mts';

const fewerSteps: readonly string[] = DIFFERENCES.fewerSteps.backends;
/** What test/io/keras compares. */
const OF_KERAS_FILES = ['predictions', 'predictions of float16 models', 'optimizer', 'weights'];
const document = readFileSync(DOCUMENT, 'utf8');
/** The cells of each row below the head. */
const rowsOf = (name: string) =>
  tableIn(document, name)
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

test('every test file that computes on tfjs runs on every backend, but for these', () => {
  const folder = fileURLToPath(new URL('..', import.meta.url));
  const computes = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => `test/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.test.ts'))
    // What only Node has, and what needs Python.
    .filter((path) => !/^test\/(node|docs|interop|parity\/full)\//.test(path))
    .filter((path) =>
      /^import .*'@tensorflow\/tfjs/m.test(readFileSync(join(folder, '..', path), 'utf8')),
    );
  assert.ok(computes.length > 20);
  const beside = [
    // They are about files of Node's; pages have test/browser/checkpoints.
    'test/checkpoints/checkpoint.test.ts',
    'test/checkpoints/kept.test.ts',
    'test/checkpoints/resume.test.ts',
    // The live page's own: its training is the library's, its worker's turns are replaced by Jest.
    'test/demo/training.test.ts',
    // It asks what errors odd arguments give, which no backend decides.
    'test/hostile/everyFunction.test.ts',
    'test/logs/csvLogger.test.ts',
  ];
  assert.deepEqual(
    computes.filter((path) => !NUMERIC_FILES.includes(path)),
    beside,
  );
});

test('docs/backends.md says of every exception what the tests have', () => {
  assert.equal(tableIn(document, 'differences'), differencesTable());
});

test('docs/backends.md counts tests of every room on every backend', () => {
  const rows = rowsOf('counts');
  const rooms = [...NUMERIC_ROOMS.map((room) => `\`test/${room}\``), 'all'];
  assert.deepEqual(
    rows.map(([room]) => room),
    rooms,
  );
  for (const [room, ...counts] of rows) {
    assert.equal(counts.length, TESTED_BACKENDS.length);
    counts.forEach((count, i) => {
      const leftOut = isLeftOut(TESTED_BACKENDS[i] as string, room?.slice(6, -1) as string);
      assert.ok(leftOut ? count === '–' : Number(count) > 0, `${room}: ${count}`);
    });
  }
});

test('docs/backends.md has every quantity that is compared with Python, within its limit', () => {
  const rows = rowsOf('parity');
  assert.ok(rows.length > 20);
  for (const [quantity, limit, ...values] of rows) {
    assert.equal(values.length, TESTED_BACKENDS.length);
    for (const [i, value] of values.entries()) {
      const backend = TESTED_BACKENDS[i] as string;
      if (value === '–' && /after 50 steps, /.test(quantity as string)) {
        assert.ok(fewerSteps.includes(backend), quantity);
        continue;
      }
      if (value === '–' && OF_KERAS_FILES.includes(quantity as string)) {
        assert.ok(isLeftOut(backend, 'io/keras'), quantity);
        continue;
      }
      assert.match(value, /^\d/, `${quantity} is not known on every backend`);
      assert.ok(Number(value) <= Number(limit), `${quantity}: ${value} > ${limit}`);
    }
  }
  // What `npm test` has measured just now: the same quantities, with the limits that the tests have.
  for (const [quantity, { limit }] of quantities()) {
    const row = rows.find(([name]) => name === quantity);
    assert.equal(row?.[1], shownLimit(limit), quantity);
  }
});
