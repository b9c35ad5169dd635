/** `exportImages.ts FILE`: the 70,000 images as `make_fixtures.py full` takes them. */
import { writeFileSync } from 'node:fs';
import { readFashionMnist } from '../../src/cli/data/fashionMnist';

async function main(): Promise<void> {
  const [file] = process.argv.slice(2);
  if (file === undefined) throw new Error('expected the file to write');
  const { pixels } = await readFashionMnist([__dirname], new AbortController().signal);
  writeFileSync(file, pixels);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
