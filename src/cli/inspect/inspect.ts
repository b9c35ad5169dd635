import type { Command } from 'commander';
import { addressName } from '../../io/bytes/webFile';
import { inspectSAE } from '../../io/dictionaries/inspect';
import { inspectKeras } from '../../io/keras/inspect';
import { useAnyBackend } from '../backend';
import {
  addDictionaryOptions,
  type DictionaryOptions,
  dictionaryProblem,
  opening,
} from '../model/options';
import { isAddress, placeOf } from '../model/place';
import { given } from '../optionParsers';
import { printable } from '../printable';
import { dictionaryText } from './dictionary';
import { inspectFolder } from './folder';
import { folderText, inspectionJson, inspectionText } from './text';

const SUMMARY = 'show the contents of a model file, without reading its weights';
const DESCRIPTION = [
  "Prints the model's class and options, its weights with their shapes and dtypes, and the steps " +
    'of its optimizer. No weights are read: from an http(s) URL only parts of the file are ' +
    'downloaded, if the server supports that.',
  'FILE is a .keras or .weights.h5 file saved by Keras 3 or this package, or its URL; a folder that ' +
    'Keras saved unzipped; a tfjs folder, its model.json, or the URL of that; or a dictionary of ' +
    'another tool (SAELens and the others in docs/formats.md): its folder or file, or ' +
    'hf://owner/repo/path.',
].join('\n\n');
const EXAMPLES = `
Examples:
  gated-sae inspect sae.keras
  gated-sae inspect https://example.org/sae.keras
  gated-sae inspect runs/quickstart/model
  gated-sae inspect path/to/saelens/folder
  gated-sae inspect hf://owner/repo/layer_7
  gated-sae inspect sae.keras --json | jq .parameters
`;

interface Options extends DictionaryOptions {
  json?: boolean;
}

/**
 * Adds `inspect` to the commands.
 *
 * @param home the folder of this program, where packages are looked for first
 */
export function addInspect(program: Command, home: string): void {
  const command = program
    .command('inspect')
    .summary(SUMMARY)
    .description(DESCRIPTION)
    .argument('<file>', 'a path, or an http(s) URL', given)
    .option('--json', 'print JSON, and nothing else');
  addDictionaryOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, { json = false, k }: Options) => {
      const place = await placeOf(file);
      const options = { ...(k !== undefined && { k }), quiet: json };
      const problem = dictionaryProblem([place], options);
      if (problem !== undefined) return command.error(`error: ${problem}`);
      if (place.format === 'dictionary') {
        const inspection = await opening(options, (args) => inspectSAE(file, args));
        process.stdout.write(json ? inspectionJson(inspection) : dictionaryText(inspection));
        return;
      }
      if (await isOfTfjs(file)) {
        const inspection = await inspectFolder(file);
        process.stdout.write(json ? inspectionJson(inspection) : folderText(inspection));
        return;
      }
      const warn = (sentence: string) => process.stderr.write(`warning: ${printable(sentence)}\n`);
      await useAnyBackend([home, process.cwd()], warn);
      const inspection = await inspectKeras(file);
      process.stdout.write(json ? inspectionJson(inspection) : inspectionText(inspection));
    });
}

/**
 * Returns whether a path or address is that of a tfjs model: its folder, or the model.json in it.
 */
async function isOfTfjs(path: string): Promise<boolean> {
  const name = isAddress(path) ? addressName(path) : path;
  // Keras has JSON files as well, and the addresses of its folders end in a slash.
  if (/(^|[\\/])config\.json$|\.weights\.json$/i.test(name)) return false;
  if (isAddress(path)) return /\.json$/i.test(name);
  return (await placeOf(path)).format === 'folder';
}
