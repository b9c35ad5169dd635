import { checkOptions, optional, type Rule, type Rules, text } from '../../options';
import { isObject } from '../../plainData';

/** A figure of a dictionary, and its definition. */
export interface CardMetric {
  /** Its name, such as `explained variance`. */
  name: string;
  /** A number, or text that includes its unit. */
  value: number | string;
  /** How it was computed, and on what data, so that it can be compared with others. */
  definition: string;
}

/** The content of a {@link modelCard}. */
export interface ModelCardArgs {
  /** The dictionary's name: the title of the page. */
  name: string;
  /** Its architecture, such as `gated` or `batchtopk`; none by default. */
  architecture?: string;
  /** A description in one or more sentences, as Markdown; none by default. */
  description?: string;
  /** The model whose activations it was trained on, by its name on the hub; none by default. */
  baseModel?: string;
  /** The place in that model, such as `blocks.7.hook_resid_pre`; none by default. */
  place?: string;
  /** The names of the datasets on the hub; none by default. */
  datasets?: readonly string[];
  /** A description of the data, as Markdown; none by default. */
  data?: string;
  /** The license, by the hub's identifier: `mit`; none by default. */
  license?: string;
  /** How it was trained: options by name; none by default. */
  recipe?: Readonly<Record<string, string | number | boolean | null>>;
  /** Its figures; none by default. */
  metrics?: readonly CardMetric[];
  /** Its address, `hf://…`, to show how to open it; none by default. */
  address?: string;
  /** Tags in addition to those of every card; none by default. */
  tags?: readonly string[];
}

const isTexts = (v: unknown) => Array.isArray(v) && v.every((one) => typeof one === 'string');
const texts: Rule<readonly string[]> = { expected: 'a list of texts', accepts: isTexts };
const isScalar = (v: unknown) => v === null || ['string', 'number', 'boolean'].includes(typeof v);

const RULES: Rules<ModelCardArgs> = {
  name: { ...text, accepts: (v) => typeof v === 'string' && v.trim() !== '' },
  architecture: optional(text),
  description: optional(text),
  baseModel: optional(text),
  place: optional(text),
  datasets: optional(texts),
  data: optional(text),
  license: optional(text),
  recipe: optional({
    expected: 'an object of numbers, texts, true or false',
    accepts: (v) => isObject(v) && Object.values(v).every(isScalar),
  }),
  metrics: optional({
    expected: 'a list of {name, value, definition}',
    accepts: (v) =>
      Array.isArray(v) &&
      v.every(
        (one) =>
          isObject(one) &&
          typeof one.name === 'string' &&
          typeof one.definition === 'string' &&
          ['string', 'number'].includes(typeof one.value),
      ),
  }),
  address: optional(text),
  tags: optional(texts),
};

/** The tags of every card: what people search the hub for. */
const TAGS = ['sae', 'sparse-autoencoder', 'interpretability'];

/**
 * Writes the README.md of a dictionary on the Hugging Face hub: YAML for the hub, followed by text
 * for people.
 *
 * @param args the content, see {@link ModelCardArgs}; only `name` is required, and the card
 *   contains nothing that is not given
 * @returns Markdown
 * @throws SAE_OPTION for an unknown option or a wrong value.
 * @example
 * ```ts
 * import { modelCard } from 'gated-sae-tfjs';
 * const card = modelCard({
 *   name: 'GPT-2 small, layer 7',
 *   architecture: 'gated',
 *   baseModel: 'openai-community/gpt2',
 *   place: 'blocks.7.hook_resid_pre',
 *   license: 'mit',
 *   metrics: [{ name: 'L0', value: 54, definition: 'features above 0 on a token, mean over 10,000' }],
 * });
 * console.log(card.startsWith('---')); // true
 * ```
 */
export function modelCard(args: ModelCardArgs): string {
  const card = checkOptions<ModelCardArgs>('modelCard', RULES, args) as ModelCardArgs;
  const { name, architecture, baseModel, place, description, data, recipe, metrics } = card;
  const facts: [string, string | undefined][] = [
    ['Architecture', architecture],
    ['Base model', baseModel],
    ['Place', place && `\`${place}\``],
    ['License', card.license],
  ];
  const parts = [
    header(card),
    `# ${line(name)}`,
    description,
    table(
      ['', ''],
      facts.flatMap(([fact, value]) => (value ? [[fact, value]] : [])),
    ),
    card.address && section('Use', useOf(card.address)),
    (data ?? card.datasets?.length) && section('Data', data ?? list(card.datasets ?? [])),
    recipe &&
      section(
        'Training',
        table(
          ['Option', 'Value'],
          Object.entries(recipe).map(([key, value]) => [`\`${key}\``, String(value)]),
        ),
      ),
    metrics &&
      section(
        'Figures',
        table(
          ['Figure', 'Value', 'Of what'],
          metrics.map((one) => [one.name, String(one.value), one.definition]),
        ),
      ),
  ];
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

/**
 * Writes the header for the hub. Texts are quoted as in JSON, which YAML accepts: nothing in them
 * is interpreted.
 */
function header({ architecture, baseModel, datasets, license, tags }: ModelCardArgs): string {
  const all = [...new Set([...TAGS, ...(architecture ? [architecture] : []), ...(tags ?? [])])];
  const listed = (values: readonly string[]) => values.map((v) => `\n- ${quoted(v)}`).join('');
  const lines = [
    'library_name: gated-sae-tfjs',
    license && `license: ${quoted(license)}`,
    baseModel && `base_model: ${quoted(baseModel)}`,
    datasets?.length && `datasets:${listed(datasets)}`,
    `tags:${listed(all)}`,
  ];
  return `---\n${lines.filter(Boolean).join('\n')}\n---`;
}

const quoted = (value: string) =>
  /^[a-z][\w./-]*$/i.test(value) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(value)
    ? value
    : JSON.stringify(value);

const section = (title: string, content: string) => `## ${title}\n\n${content}`;
const list = (values: readonly string[]) => values.map((value) => `- ${line(value)}`).join('\n');
const line = (value: string) => value.replace(/\s+/g, ' ').trim();

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const row = (cells: readonly string[]) =>
    `| ${cells.map((cell) => line(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  return [row(head), `|${head.map(() => '---|').join('')}`, ...rows.map(row)].join('\n');
}

const useOf = (address: string) => `\`\`\`ts
import { hubFolder } from 'gated-sae-tfjs';

const folder = hubFolder(${JSON.stringify(address)});
console.log(await folder.files());
\`\`\``;
