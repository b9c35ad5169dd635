import type { Command } from 'commander';
import { encoderWeights } from '../../analysis/encoderWeights';
import { MOST_EXAMPLES } from '../../analysis/featureReport/args';
import type { EncoderWeights } from '../../analysis/featureReport/report';
import { dashboardPage } from '../../viz/dashboard/featureDashboard';
import { addDataOptions, DATA_DESCRIPTION, type DataOptions, namedOptions } from '../data/options';
import { type ReportNeeds, reportSource } from '../data/report';
import { MODEL_DESCRIPTION } from '../model/options';
import { given, integer } from '../optionParsers';
import { count, megabytes, some } from '../wording';
import { type Drawing, runDrawing } from './drawing';

const SUMMARY = "make a page that shows all of a dictionary's features, in one file";
const DESCRIPTION = [
  'Makes one HTML file that works offline: all features to sort, search and filter, and a page ' +
    'for each with how often and how strongly it fires, the examples that activate it most, its ' +
    'classes, and similar features. If --out ends in .json, it writes the report ' +
    'itself, from which gated-sae gallery and gated-sae dashboard draw without model and data.',
  MODEL_DESCRIPTION,
  DATA_DESCRIPTION,
  'In place of both, MODEL may be a report that was written as .json.',
].join('\n\n');
const EXAMPLES = `
Examples:
  gated-sae dashboard runs/quickstart/model fashion-mnist
  gated-sae dashboard sae.keras images.npy --labels y.npy --classes names.txt
  gated-sae dashboard sae.keras activations.npy --tokens tokens.json
  gated-sae dashboard sae.keras images.npy --with-dictionary --top-examples 8
  gated-sae dashboard sae.keras conv.npy --images images.npy --map-shape 7x7
  gated-sae dashboard sae.keras images.npy --out report.json
  gated-sae dashboard hf://owner/repo/layer_7 activations.npy
  gated-sae dashboard report.json --title "My features"
`;
const JSON_FILE = /\.json$/i;

interface Options extends DataOptions {
  out: string;
  overwrite?: boolean;
  title?: string;
  topExamples?: number;
  withDictionary?: boolean;
}

/**
 * Adds `dashboard` to the commands.
 *
 * @param home the folder of this program, where packages are looked for first
 */
export function addDashboard(program: Command, home: string): void {
  const command = program
    .command('dashboard')
    .summary(SUMMARY)
    .description(DESCRIPTION)
    .argument('<model>', 'a saved dictionary, or a report', given)
    .argument('[data]', 'a file or folder of rows, or fashion-mnist', given)
    .option('--out <file>', 'file to write: .html or .json', given, 'dashboard.html')
    .option('--overwrite', 'replace an existing --out')
    .option('--title <text>', "heading of the page; the model's name by default")
    .option(
      '--top-examples <n>',
      'examples of each feature that activate it most (20); fewer make a smaller file',
      integer(0, MOST_EXAMPLES),
    )
    .option(
      '--with-dictionary',
      'put the encoder into the page, which then shows what fires on an input of your own',
    );
  addDataOptions(command)
    .option(
      '--tokens <file>',
      'for rows that are tokens: a .json list of documents, each a list of tokens',
    )
    .addHelpText('after', EXAMPLES)
    .action(async (model: string, data: string | undefined, options: Options) => {
      const { out, overwrite = false, title } = options;
      const problem = wrongDashboard(options, data);
      if (problem !== undefined) return command.error(`error: ${problem}`);
      const source = await reportSource(model, data, options, namedOptions(command));
      if (typeof source === 'string') return command.error(`error: ${source}`);
      const carried: Carried = {};
      const draw = JSON_FILE.test(out) ? saved : dashboard(title, carried);
      const needs = needsOf(options, carried);
      await runDrawing({ source, needs, out, overwrite, draw }, [home, process.cwd()]);
    });
}

/** What a page carries beside the report. */
interface Carried {
  dictionary?: EncoderWeights;
}

/** A dashboard shows everything in a report, and keeps the encoder if that is asked for. */
const needsOf = ({ topExamples, withDictionary }: Options, carried: Carried): ReportNeeds => ({
  args: topExamples === undefined ? {} : { topExamples },
  check: () => {},
  ...(withDictionary && {
    withModel: async (model) => {
      carried.dictionary = await encoderWeights(model);
    },
  }),
});

/** Returns what is inconsistent in the options; undefined if nothing is. */
function wrongDashboard(options: Options, data: string | undefined): string | undefined {
  const { out, title, topExamples, withDictionary } = options;
  if (!/\.(html|json)$/i.test(out)) return '--out must end in .html or .json.';
  if (data === undefined && topExamples !== undefined) {
    return 'A saved report has its examples: leave out --top-examples.';
  }
  if (data === undefined && withDictionary) {
    return 'A saved report has no dictionary: give the model and its data with --with-dictionary.';
  }
  if (!JSON_FILE.test(out)) return undefined;
  if (data === undefined) return 'MODEL is a report already: --out must end in .html.';
  if (withDictionary) return '--with-dictionary is for the .html: a report has none.';
  return title === undefined ? undefined : '--title is for the .html: a report has none.';
}

const dashboard =
  (title: string | undefined, carried: Carried): Drawing['draw'] =>
  async (report) => {
    const { dictionary } = carried;
    const page = await dashboardPage(report, { title, ...(dictionary && { dictionary }) });
    const { html: content, dictionaryBytes: own } = page;
    const size = megabytes(Buffer.byteLength(content));
    const what = `${some(report.features.length, 'feature')}, over ${some(report.data.rows, 'row')}`;
    const rest = own === undefined ? '' : `, ${megabytes(own)} of them the dictionary`;
    return {
      content,
      told: `${what}, ${size} MB${rest}. Open it in a browser; it needs no network.`,
    };
  };

const saved: Drawing['draw'] = async (report) => ({
  content: JSON.stringify(report),
  told: `the report on ${count(report.features.length)} features. gated-sae dashboard and gallery draw it.`,
});
