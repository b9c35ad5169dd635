/**
 * `npm run bench`: a training step of a Gated SAE, and opening its file, side by side with what else
 * there is, a step of every architecture, what `fit` adds to its steps, and a report on its features, in
 * one run. Prints all of it,
 * and writes it to docs/benchmarks/ where it is a whole one, under the processor's name.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { preparePeers, preparePython, pythonIn } from '../python';
import { differentLosses, measuredArchitectures } from './architectures';
import { dictionaries } from './dictionaries';
import { differentCodes, measuredReport } from './featureReport';
import { measuredFit } from './fit';
import { hiddenLayers } from './hiddenLayers';
import { differentCounts, measuredFile } from './kerasFile';
import type { Available } from './lineup';
import { processor } from './machine';
import { type BenchOptions, type Part, parseOptions } from './options';
import { tfjsNodeVersion } from './ownContestants';
import { quality } from './quality/run';
import { quickstart } from './quickstart';
import { report, type Steps } from './report';
import { type Measurement, measured, type Result } from './result';
import { fashionStates, largeState } from './states';
import { strangers } from './tables';
import { trainedModel } from './trainedModel';

const root = join(__dirname, '..', '..');
const cache = join(root, '.cache', 'bench');
const say = (line: string) => process.stderr.write(`${line}\n`);

async function main(options: BenchOptions): Promise<void> {
  tf.enableProdMode();
  mkdirSync(cache, { recursive: true });
  const { available, notes } = await whatIsThere(options);
  for (const note of notes) say(note);
  const { only, rounds } = options;
  await tf.setBackend('wasm');
  const wants = (part: Part) => only === undefined || only === part;
  const file = await (wants('file')
    ? measuredFile(cache, Math.max(5, rounds), available.keras, say)
    : undefined);
  const features = await (wants('report')
    ? measuredReport(cache, Math.min(5, rounds), say)
    : undefined);
  const fit = wants('fit') ? await measuredFit(rounds, say) : undefined;
  const architectures = wants('architectures')
    ? await measuredArchitectures({ rounds, available, cache, say })
    : undefined;
  const steps = wants('step') ? await measuredSteps(options, available) : undefined;
  const versions = {
    ...(available.tfjsNode ? { 'tfjs-node': available.tfjsNode } : {}),
    ...architectures?.versions,
    ...steps?.small[0]?.versions,
  };
  publish(report({ options, steps, architectures, fit, file, features, versions, notes }), options);
  for (const { state, name } of steps ? [...steps.small, steps.large].flatMap(named) : []) {
    say(`The loss of ${name} in the state "${state.title}" is not what it should be.`);
    process.exitCode = 1;
  }
  for (const name of architectures ? differentLosses(architectures) : []) {
    say(`The loss of ${name} is not what it should be.`);
    process.exitCode = 1;
  }
  for (const name of file ? differentCounts(file) : []) {
    say(`${name} has not read as many values as the others.`);
    process.exitCode = 1;
  }
  for (const name of features ? differentCodes(features) : []) {
    say(`${name} has not come to the codes that the report is made of.`);
    process.exitCode = 1;
  }
}

async function measuredSteps({ rounds }: BenchOptions, available: Available): Promise<Steps> {
  const how: Measurement = { rounds, available, naive: true, cache, say };
  const small: Result[] = [];
  for (const state of await fashionStates(await trainedModel(join(cache, 'quickstart'), say))) {
    small.push(await measured(state, how));
  }
  await tf.setBackend('wasm');
  // Each round of it takes three times as long.
  const fewer = Math.min(rounds, Math.max(2, Math.ceil(rounds / 2)));
  const large = await measured(largeState(), { ...how, rounds: fewer, naive: false });
  return { small, large };
}

const named = (result: Result) => strangers(result).map((name) => ({ name, state: result.state }));

/** Who can take part here, and sentences on who cannot. */
async function whatIsThere(
  options: BenchOptions,
): Promise<{ available: Available; notes: string[] }> {
  const notes: string[] = [];
  const tfjsNode = await tfjsNodeVersion();
  if (tfjsNode === undefined) {
    notes.push('tfjs-node does not work here: it is not in the tables. Run npx gated-sae native.');
  }
  if (!options.python) {
    notes.push('Python was left out by --no-python: Keras and SAELens are not in the tables.');
    return { available: { tfjsNode }, notes };
  }
  const noted = (name: string, python: string | undefined) => {
    if (python !== undefined) return python;
    notes.push(
      `${name} is not in the tables: there is no Python from 3.11 to 3.13 with venv, or the ` +
        'packages cannot be installed.',
    );
    return undefined;
  };
  const venv = join(root, '.venv');
  const hasKeras = preparePython(venv, join(root, 'python-interop', 'requirements.txt'));
  const keras = noted('gated-sae-tf under Keras', hasKeras ? pythonIn(venv) : undefined);
  const saeLens = noted('SAELens', preparePeers(root));
  return { available: { tfjsNode, keras, saeLens }, notes };
}

/** Prints the report, and writes it: a whole one for everybody, another one aside. */
function publish(text: string, { whole }: BenchOptions): void {
  const name = `${processor()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')}.md`;
  const file = whole ? join('docs', 'benchmarks', name) : join('.cache', 'bench', name);
  writeFileSync(join(root, file), text);
  process.stdout.write(`${text}\n`);
  say(`Written to ${file}.`);
}

/** Parts that take hours or many minutes, each by its own name. */
const ALONE: Readonly<Record<string, () => Promise<void>>> = {
  dictionaries,
  hidden: hiddenLayers,
  quality,
  quickstart,
};
const argv = process.argv.slice(2);
(ALONE[argv[0] ?? '']?.() ?? main(parseOptions(argv))).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
