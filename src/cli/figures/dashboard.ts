import type { Command } from 'commander';
import { featureDashboard } from '../../viz/dashboard/featureDashboard';
import { addDataOptions, DATA_DESCRIPTION, type DataOptions, namedOptions } from '../data/options';
import { type ReportNeeds, reportSource } from '../data/report';
import { MODEL_DESCRIPTION } from '../model/options';
import { given } from '../optionParsers';
import { count, some } from '../wording';
import { type Drawing, runDrawing } from './drawing';

const SUMMARY = "make a page that shows all of a dictionary's features, in one file";
const DESCRIPTION = [
  'Makes one HTML file that works offline: all features to sort, search and filter, and a page ' +
    'for each with how often and how strongly it fires, the examples that activate it most, its ' +
    'classes, and the features that are like it. Where --out ends in .json, it is the report ' +
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
  gated-sae dashboard sae.keras conv.npy --images images.npy --map-shape 7x7
  gated-sae dashboard sae.keras images.npy --out report.json
  gated-sae dashboard hf://owner/repo/layer_7 activations.npy
  gated-sae dashboard report.json --title "My features"
`;
/** A dashboard shows everything in a report. */
const NEEDS: ReportNeeds = { args: {}, check: () => {} };
const JSON_FILE = /\.json$/i;
const MB = 1e6;

interface Options extends DataOptions {
  out: string;
  overwrite?: boolean;
  title?: string;
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
    .option('--out <file>', 'where to: a .html file, or a .json', given, 'dashboard.html')
    .option('--overwrite', 'replace what is at --out')
    .option('--title <text>', "heading of the page; the model's name by default");
  addDataOptions(command)
    .option('--tokens <file>', 'a .json list of documents, each a list of tokens: the rows')
    .addHelpText('after', EXAMPLES)
    .action(async (model: string, data: string | undefined, options: Options) => {
      const { out, overwrite = false, title } = options;
      const problem = wrongDashboard(options, data);
      if (problem !== undefined) return command.error(`error: ${problem}`);
      const source = await reportSource(model, data, options, namedOptions(command));
      if (typeof source === 'string') return command.error(`error: ${source}`);
      const draw = JSON_FILE.test(out) ? saved : dashboard(title);
      await runDrawing({ source, needs: NEEDS, out, overwrite, draw }, [home, process.cwd()]);
    });
}

/** Returns what is inconsistent in the options; undefined if nothing is. */
function wrongDashboard({ out, title }: Options, data: string | undefined): string | undefined {
  if (!/\.(html|json)$/i.test(out)) return '--out has to end in .html or .json.';
  if (!JSON_FILE.test(out)) return undefined;
  if (data === undefined) return 'A report is there already: --out has to end in .html.';
  return title === undefined ? undefined : '--title is for the .html: a report has none.';
}

const dashboard =
  (title: string | undefined): Drawing['draw'] =>
  async (report) => {
    const content = await featureDashboard(report, { title });
    const size = (Buffer.byteLength(content) / MB).toFixed(1);
    const what = `${some(report.features.length, 'feature')}, over ${some(report.data.rows, 'row')}`;
    return { content, told: `${what}, ${size} MB. Open it in a browser; it needs no network.` };
  };

const saved: Drawing['draw'] = async (report) => ({
  content: JSON.stringify(report),
  told: `the report on ${count(report.features.length)} features. gated-sae dashboard and gallery draw it.`,
});
