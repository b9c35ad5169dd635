/**
 * `npm run backends`: writes what the last run of all tests has measured into docs/backends.md.
 *
 * `npm test` and `npm run test:matrix` leave the figures in .cache.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { countsTable, DOCUMENT, differencesTable, parityTable, withTable } from './tables.mts';

let document = readFileSync(DOCUMENT, 'utf8');
document = withTable(document, 'counts', countsTable());
document = withTable(document, 'parity', parityTable());
document = withTable(document, 'differences', differencesTable());
writeFileSync(DOCUMENT, document);
