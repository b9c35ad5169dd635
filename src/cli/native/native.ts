import type { Command } from 'commander';
import { given } from '../optionParsers';
import { runNative } from './run';

const SUMMARY = "build tfjs-node's native binding on this machine, for TensorFlow's speed in Node";
const DESCRIPTION = [
  'tfjs-node provides the backend "tensorflow" for Node. Its own install script downloads a binary, ' +
    'which often fails. This command compiles the binding here, against the libraries in ' +
    "TensorFlow's Python wheel, checks it, and links it into the project's tfjs-node. It needs " +
    'Python 3 with pip, a C++ compiler, and 0.9 GB in a cache that all projects share. Nothing ' +
    'in this package needs it: without it everything runs on wasm.',
  'A second run, in this project or another, reuses what the first one has built.',
].join('\n\n');
const EXAMPLES = `
Examples:
  gated-sae native                         fetch TensorFlow's wheel and build
  gated-sae native --python .venv          with the TensorFlow of a venv
  gated-sae native --gpu                   for @tensorflow/tfjs-node-gpu, with CUDA
  gated-sae doctor                         which backends work, and how fast
`;

interface Options {
  gpu?: boolean;
  python?: string;
}

/**
 * Adds `native` to the commands.
 *
 * @param home the folder of this program
 */
export function addNative(program: Command, home: string): void {
  program
    .command('native')
    .summary(SUMMARY)
    .description(DESCRIPTION)
    .option('--gpu', "use CUDA: TensorFlow's larger wheel, and @tensorflow/tfjs-node-gpu")
    .option(
      '--python <path>',
      'use the TensorFlow of this Python or venv, instead of fetching one',
      given,
    )
    .addHelpText('after', EXAMPLES)
    .action(async ({ gpu = false, python }: Options) => runNative({ gpu, python }, home));
}
