import type { Command } from 'commander';
import type { Comparison } from '../../analysis/evaluation/comparison/compareSAEs';
import { comparisonTable } from '../../analysis/evaluation/comparison/comparisonTable';
import { saveAt } from '../../io/files/saveFile';
import { drawFront } from '../../viz/front';
import { DATA_DESCRIPTION } from '../data/options';
import { stopping } from '../evaluate/evaluate';
import { measured } from '../evaluate/measure';
import { addMeasureOptions, type MeasureOptions, measureProblem } from '../evaluate/options';
import { FORMS, PNG_SCALE } from '../figures/galleryDraw';
import { untilInterrupted } from '../interruption';
import { notADictionary } from '../model/open';
import { dictionaryProblem, MODEL_DESCRIPTION } from '../model/options';
import { assertFreeFile, placeOf } from '../model/place';
import { given } from '../optionParsers';
import { printable, printableJson, shortened } from '../printable';
import type { Shown } from '../progressParts';
import { namesOf } from './names';

const SUMMARY = 'measure several dictionaries on the same rows';
const DESCRIPTION = [
  'Prints a table with one line per dictionary: L0, dead features, explained variance and more; ' +
    'docs/metrics.md has every formula. With --out it also draws L0 against explained variance, with ' +
    'a line through the dictionaries that no other one beats. The rows are read once.',
  MODEL_DESCRIPTION,
  DATA_DESCRIPTION,
].join('\n\n');
const EXAMPLES = `
Examples:
  gated-sae compare gated.keras topk.keras --data rows.npy
  gated-sae compare runs/*/model --data fashion-mnist --out front.svg
  gated-sae compare one.keras other.keras --data rows.npy --labels y.npy --json
`;
/** The longest name: a longer one would push the numbers out of sight. */
const MOST_NAME = 48;

interface Options extends MeasureOptions {
  data: string;
  out?: string;
  overwrite?: boolean;
}

/**
 * Adds `compare` to the commands.
 *
 * @param home the folder of this program, where packages are looked for first
 */
export function addCompare(program: Command, home: string): void {
  const command = program
    .command('compare')
    .summary(SUMMARY)
    .description(DESCRIPTION)
    .argument('<model...>', 'saved dictionaries for rows of the same width')
    .requiredOption('--data <data>', 'a file or folder of rows, or fashion-mnist', given)
    .option('--out <file>', 'draw the front: a .svg, .png or .html file', given)
    .option('--overwrite', 'replace an existing --out');
  addMeasureOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (models: readonly string[], options: Options) => {
      const { data, out, overwrite = false, json = false } = options;
      const places = await Promise.all(models.map(placeOf));
      const problem =
        places.map(notADictionary).find((one) => one !== undefined) ??
        dictionaryProblem(places, options) ??
        measureProblem(data, options) ??
        wrongOut(options);
      if (problem !== undefined) return command.error(`error: ${problem}`);
      if (out !== undefined) await assertFreeFile(out, overwrite, '--out');
      const names = namesOf(models);
      const named = places.map((place, i) => ({ name: names[i] ?? '', place }));
      const shown: Shown = {};
      await untilInterrupted(
        () => stopping(shown),
        async (signal) => {
          const measuring = { models: named, data, options };
          const comparison = await measured(measuring, [home, process.cwd()], signal, shown);
          if (out !== undefined) await saveAt(out, [await drawn(comparison, out)]);
          process.stdout.write(json ? printableJson(comparison) : table(comparison));
          if (out !== undefined && !json) process.stdout.write(`\n${printable(out)}: the front.\n`);
        },
      );
    });
}

/** Returns what is inconsistent in the options; undefined if nothing is. */
function wrongOut({ out, overwrite, metrics }: Options): string | undefined {
  if (out === undefined) return overwrite ? '--overwrite needs --out: add it.' : undefined;
  if (!FORMS.test(out)) return '--out must end in .svg, .png or .html.';
  const isDrawn = (['sparsity', 'reconstruction'] as const).every(
    (group) => metrics === undefined || metrics.includes(group),
  );
  return isDrawn ? undefined : '--out draws sparsity and reconstruction: name both in --metrics.';
}

const table = ({ evaluations }: Comparison) =>
  comparisonTable({
    evaluations: evaluations.map((one) => ({ ...one, name: shortened(one.name, MOST_NAME) })),
  });

async function drawn({ front }: Comparison, out: string): Promise<Uint8Array> {
  const figure = drawFront(front);
  if (/\.png$/i.test(out)) return figure.toPNG({ scale: PNG_SCALE });
  return Buffer.from(/\.svg$/i.test(out) ? figure.toSVG() : figure.toHTML());
}
