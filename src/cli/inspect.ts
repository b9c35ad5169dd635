import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { badFile } from '../errors';
import { MODEL_JSON } from '../io/files/names';
import { inspectKeras } from '../io/keras/inspect';
import { useAnyBackend } from './anyBackend';
import { given } from './convert';
import { inspectionJson, inspectionText } from './inspectText';
import { isAddress, placeOf } from './modelPlace';
import { printable } from './printable';

const SUMMARY = 'show what is in a .keras or .weights.h5 file';
const DESCRIPTION = [
  "Prints the model's class and options, its weights with their shapes and dtypes, and how far " +
    'its optimizer is. No weight is read: of a file at an http(s) address only parts travel, where ' +
    'the server can send parts.',
  'FILE is a .keras or .weights.h5 file that Keras 3 or this package has saved, or its address.',
].join('\n\n');
const EXAMPLES = `
Examples:
  gated-sae inspect sae.keras
  gated-sae inspect https://example.org/sae.keras
  gated-sae inspect sae.keras --json | jq .parameters
`;

/**
 * Adds `inspect` to the commands.
 *
 * @param home the folder of this program, from where packages are looked for first
 */
export function addInspect(program: Command, home: string): void {
  program
    .command('inspect')
    .summary(SUMMARY)
    .description(DESCRIPTION)
    .argument('<file>', 'a path, or an http(s) address', given)
    .option('--json', 'print JSON, and nothing else')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, { json = false }: { json?: boolean }) => {
      await refuseFolder(file);
      const warn = (sentence: string) => process.stderr.write(`warning: ${printable(sentence)}\n`);
      await useAnyBackend([home, process.cwd()], warn);
      const inspection = await inspectKeras(file);
      process.stdout.write(json ? inspectionJson(inspection) : inspectionText(inspection));
    });
}

/** @throws SAE_FILE for a model in tfjs's own format, with what to do about it */
async function refuseFolder(path: string): Promise<void> {
  const { format } = await placeOf(path);
  if (format !== 'folder' || isAddress(path)) return;
  const isModel = (file: string) =>
    stat(file).then(
      (info) => info.isFile(),
      () => false,
    );
  if (!(await isModel(path)) && !(await isModel(join(path, MODEL_JSON)))) return;
  const expected = 'a .keras or .weights.h5 file';
  const advice = 'Convert it first: gated-sae convert IN OUT.keras.';
  throw badFile(path, expected, 'a folder of tfjs', advice);
}
