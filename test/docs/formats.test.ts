import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatsSection, withSection } from './formats/table';

test('the tables of formats are what the formats do: else npx tsx test/docs/formats/write.ts', async () => {
  const guide = readFileSync(join(__dirname, '..', '..', 'docs', 'formats.md'), 'utf8');
  expect(withSection(guide, await formatsSection())).toBe(guide);
});
