import type { Command } from 'commander';
import { DATA_DESCRIPTION } from '../data/options';
import { untilInterrupted } from '../interruption';
import { notADictionary } from '../model/open';
import { dictionaryProblem, MODEL_DESCRIPTION } from '../model/options';
import { placeName, placeOf } from '../model/place';
import { given } from '../optionParsers';
import { printableJson } from '../printable';
import type { Shown } from '../progressParts';
import { measured } from './measure';
import { addMeasureOptions, type MeasureOptions, measureProblem } from './options';
import { evaluationText } from './text';

const SUMMARY = 'measure how good a dictionary is on some rows';
const DESCRIPTION = [
  'Prints L0, dead features, explained variance, the geometry of the weights and more; with labels ' +
    'also how well one, two or five features predict a class; with true features how many of them ' +
    'the dictionary has recovered. docs/metrics.md has every formula, ' +
    'and the corresponding number of SAELens, dictionary_learning or SAEBench.',
  MODEL_DESCRIPTION,
  DATA_DESCRIPTION,
].join('\n\n');
const EXAMPLES = `
Examples:
  gated-sae evaluate runs/quickstart/model fashion-mnist
  gated-sae evaluate sae.keras rows.npy --labels y.npy
  gated-sae evaluate transcoder.keras before.npy --targets after.npy
  gated-sae evaluate sae.keras rows.npy --positions positions.json
  gated-sae evaluate sae.keras rows.npy --true-features made-of.npy
  gated-sae evaluate sae.keras rows.npy --json | jq .reconstruction.explainedVariance
`;

/**
 * Adds `evaluate` to the commands.
 *
 * @param home the folder of this program, where packages are looked for first
 */
export function addEvaluate(program: Command, home: string): void {
  const command = program
    .command('evaluate')
    .summary(SUMMARY)
    .description(DESCRIPTION)
    .argument('<model>', 'a saved dictionary', given)
    .argument('<data>', 'a file or folder of rows, or fashion-mnist', given);
  addMeasureOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (model: string, data: string, options: MeasureOptions) => {
      const place = await placeOf(model);
      const problem =
        notADictionary(place) ??
        dictionaryProblem([place], options) ??
        measureProblem(data, options);
      if (problem !== undefined) return command.error(`error: ${problem}`);
      const name = placeName(place);
      const shown: Shown = {};
      await untilInterrupted(
        () => stopping(shown),
        async (signal) => {
          const measuring = { models: [{ name, place }], data, options };
          const { evaluations } = await measured(measuring, [home, process.cwd()], signal, shown);
          for (const evaluation of evaluations) {
            const text = options.json
              ? printableJson(evaluation)
              : evaluationText(name, evaluation);
            process.stdout.write(text);
          }
        },
      );
    });
}

/** Says what an interruption does. */
export function stopping(shown: Shown): void {
  shown.progress?.stop();
  process.stderr.write('Stopping. Ctrl-C again quits at once.\n');
}
