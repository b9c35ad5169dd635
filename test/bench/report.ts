import { count } from '../../src/cli/wording';
import { buildHere } from '../../src/kernels/module';
import { L0 } from './architectureStates';
import { type ArchitecturesResult, architectureTable, BASE } from './architectures';
import { type ReportResult, reportTable } from './featureReport';
import { megabytes } from './figures';
import { CHECKPOINT_SECONDS, type FitResult, fitTable } from './fit';
import { type FileResult, fileTable } from './kerasFile';
import { NAMES, THREADS } from './lineup';
import { machine, processor, versions } from './machine';
import type { BenchOptions } from './options';
import type { Result } from './result';
import { RECIPE } from './state';
import { architecturePhases, memoryTable, phaseTable, stepTable, wantedTable } from './tables';

/** What came of the training step in each state. */
export interface Steps {
  readonly small: readonly Result[];
  readonly large: Result;
}

/** What a report is about; the parts that were left out are undefined. */
export interface Run {
  readonly options: BenchOptions;
  readonly steps: Steps | undefined;
  readonly architectures: ArchitecturesResult | undefined;
  readonly fit: FitResult | undefined;
  readonly file: FileResult | undefined;
  readonly features: ReportResult | undefined;
  /** Of what takes part besides this library's own. */
  readonly versions: Readonly<Record<string, string>>;
  /** Sentences on what is missing. */
  readonly notes: readonly string[];
}

const CONTESTANTS = `
- **${NAMES.sparse}**, **${NAMES.sparseAlone}**: this library with \`step: 'sparse'\`, which computes in WebAssembly; \`trainOnBatch\` on tfjs's wasm backend.
- **${NAMES.node24}**, **${NAMES.node20}**: the same in a process of that version, if this process is another version. Node 24 and Chromium run the kernels of relaxed SIMD, Node 20 those of plain SIMD.
- **${NAMES.browser}**: the same from the script bundle, in a cross-origin isolated page of headless Chromium, on tfjs's cpu backend.
- **${NAMES.tensor}**: this library with \`step: 'tensor'\` on the same backend, which computes on one thread in Node. **${NAMES.tensorNode}** is the same on TensorFlow's own kernels.
- **${NAMES.naive}**: \`tf.variableGrads\` of the plain formulas, with tfjs's own matMul, on one thread.
- **${NAMES.keras}**, **${NAMES.kerasXla}**: gated-sae-tf, \`train_on_batch\` with \`jit_compile\` False and True, on ${THREADS} threads. Keras' Adam keeps a first moment although β1 is 0.
- **${NAMES.saeLens}**: the step of SAELens' own trainer on its gated SAE, in torch on ${THREADS} threads. It computes a different loss: the second reconstruction has weight 1 and trains the decoder too, and decoder rows are not brought back to norm 1; instead their norms weight the penalty. Torch's Adam also keeps a first moment.
`.trim();

const STATES = `
- **start of training**: fresh weights, b_dec the mean of the data.
- **trained**: what \`npm run quickstart -- --recipe gated-sae-tf\` reaches after 20 epochs.
- **L0 100**, **L0 40**: the trained weights with a constant subtracted from b_gate, so that the batch has this mean L0.
`.trim();

/** The whole report, in Markdown. */
export function report({
  options,
  steps,
  architectures,
  fit,
  file,
  features,
  versions: more,
  notes,
}: Run): string {
  const all = Object.entries(versions(more)).map(([name, version]) => `${name} ${version}`);
  return `---
title: Benchmarks on ${processor()}
---

# Benchmarks on ${processor()}

This page shows the time of one training step of a Gated SAE and of every architecture, of what \`fit\` adds to it, of opening a file, and of a feature report, measured in turns in one run. \`${options.command}\` prints and writes this page.

- Machine: ${machine()}
- Versions: ${all.join(', ')}; kernels of ${buildHere() === 'relaxed' ? 'relaxed SIMD' : 'plain SIMD'}
- Date: ${new Date().toISOString().slice(0, 10)}

Each time is the median over rounds of the median step of a turn. A ratio is that of two such medians, rounded against this library.
${notes.length > 0 ? `\n${notes.join('\n\n')}\n` : ''}
## Targets

${wantedTable(steps ? [...steps.small, steps.large] : [], architectures, fit, file, features)}
${steps ? `\n${stepSections(steps)}\n` : ''}${architectures ? `\n${architectureSection(architectures)}\n` : ''}${fit ? `\n${fitSection(fit)}\n` : ''}${file ? `\n${fileSection(file)}\n` : ''}${features ? `\n${featuresSection(features)}\n` : ''}`;
}

function stepSections({ small, large }: Steps): string {
  const { batch, inputDim, features } = (small[0] as Result).state;
  const size = large.state;
  return `## The training step

All contestants start from the same weights and use the same batch, with λ ${RECIPE.lambdaSparse}, auxiliary weight ${RECIPE.auxWeight}, clipping to norm ${RECIPE.clipNorm} and Adam without momentum, at a learning rate of ${RECIPE.learningRate}, so low that the state does not change. The loss of each contestant's first step is compared with that of the same formulas in tfjs.

${CONTESTANTS}

## ${count(inputDim)} → ${count(features)}, batch ${batch}, Fashion-MNIST

${STATES}

${small.map(section).join('\n\n')}

## ${count(size.inputDim)} → ${count(size.features)}, batch ${size.batch}, random rows and weights

There is no real data of this size: rows are normal with variance 1, weights are random, and a constant is subtracted from b_gate. The naive autodiff is left out, because a step would take more than a minute.

${section(large)}

## Where the sparse step's time goes

Times are in milliseconds, with GFLOP/s in brackets. The operations counted are: the product 2 · batch · inputs · features, decoder and projection 8 · pairs · inputs, gradients 4 · pairs · inputs. A pair is an example and a feature that is open for it. The floor is the encoder's product alone, at the best rate that it reached in this run on that number of threads. Here the kernels run without a model around them.

${phaseTable([...small, large])}

## Memory, ${count(size.inputDim)} → ${count(size.features)}

Adam without momentum needs one moment of each weight. For a Python process the number is its peak memory, including its packages.

${memoryTable(large)}`;
}

const architectureSection = (result: ArchitecturesResult) => `## Every architecture at L0 ${L0}

The sparse step of every architecture, ${count(result.inputDim)} → ${count(result.features)}, batch ${result.batch}, on ${THREADS} threads, and SAELens's own trainer of the same one in torch on the same number of threads, in turns, ${result.rounds} rounds. ${BASE} The rest is as above: λ ${RECIPE.lambdaSparse}, clipping to norm ${RECIPE.clipNorm}, Adam without momentum here, learning rate ${RECIPE.learningRate}. SAELens's models otherwise have their defaults. Selection is the share of the kernels' step that selects the largest codes.

${architectureTable(result)}

The next table shows where the time goes, in milliseconds, with GFLOP/s in brackets. The floor is the encoder's product alone, at the best rate that it reached here.

${architecturePhases(result)}`;

const fitSection = (fit: FitResult) => `## What fit adds to its steps

A step of ${count(fit.state.inputDim)} → ${count(fit.state.features)} at L0 ${fit.state.l0.toFixed(0)}, random rows and weights, alone and with what an epoch logs: L0, explained variance and dead features. Also measured are epochs with and without checkpoints. Each checkpoint has the weights and Adam's second moment, ${megabytes(fit.checkpointBytes)}, which are read while training waits and written while it continues. Their share of the time is for one every ${CHECKPOINT_SECONDS} seconds, as \`checkpoint\` makes them by default.

${fitTable(fit)}`;

const fileSection = (file: FileResult) => `## Opening a .keras file

The quickstart's dictionary, 784 → 6,272, with both of Adam's moments: ${megabytes(file.bytes)}. Here it becomes a model that trains on; its checksum is compared and its values are checked for NaN. h5py reads the arrays into memory as Keras does, from the archive, whose checksum Python compares too; it makes no model of them. The memory is the peak of a process that opens the file once, including Node and tfjs.

${fileTable(file)}`;

const featuresSection = (features: ReportResult) => `## A feature report

\`featureReport\` of the quickstart's dictionary on its 10,000 held-out images. For each of 6,272 features it has the 20 images that activate it most and up to 18 others, classes, histogram, nearest and most co-active features. The memory is the peak of the process, and the part of it that Node, tfjs, the model and the images' bytes took before; the finished report is included.

${reportTable(features)}`;

function section(result: Result): string {
  const { state, rounds, absences } = result;
  const missing = absences.map(({ name }) => `\n\n${name} could not take part.`);
  return `### ${state.title}: mean L0 ${state.l0.toFixed(1)} of ${count(state.features)}, ${rounds} rounds

${stepTable(result)}${missing.join('')}`;
}
