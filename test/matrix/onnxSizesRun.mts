/** What onnxSizes.test.mts measures: one call on a file, and what memory and time it takes. */
import { createWriteStream, openAsBlob, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const require = createRequire(import.meta.url);
const { exposeTensors, listTensors } = require('../../src') as typeof import('../../src');

const [what, path, out] = process.argv.slice(2) as [string, string, string];
const before = process.memoryUsage().rss;
const start = performance.now();
let result: unknown;
if (what === 'list') result = await listTensors(path);
else if (what === 'expose') writeFileSync(out, await exposeTensors(path, ['hidden']));
else {
  const blob = await exposeTensors(await openAsBlob(path), ['hidden']);
  if (what === 'blob')
    await pipeline(Readable.fromWeb(blob.stream() as never), createWriteStream(out));
  result = blob.size;
}
const seconds = (performance.now() - start) / 1000;
const bytes = process.resourceUsage().maxRSS * 1024 - before;
console.log(JSON.stringify({ result, seconds, bytes }));
