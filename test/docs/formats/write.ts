/** Writes the tables of docs/formats.md anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatsSection, withSection } from './table';

const guide = join(__dirname, '..', '..', '..', 'docs', 'formats.md');
void formatsSection().then((section) => {
  writeFileSync(guide, withSection(readFileSync(guide, 'utf8'), section));
});
