/**
 * A Jupyter notebook as a page of the documentation: Markdown, with its pictures beside it.
 *
 * The notebook's own outputs are shown; nothing runs. Code is fenced as `typescript`, not `ts`: the
 * tests run what is fenced as `ts`, and the notebook has a check of its own.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Text as notebooks keep it: whole, or line by line. */
type Text = string | string[];

/** What a cell has shown. */
type Output =
  | { output_type: 'stream'; text: Text }
  | { output_type: 'display_data' | 'execute_result'; data: Record<string, Text> };

type Cell =
  | { cell_type: 'markdown'; source: Text }
  | { cell_type: 'code'; source: Text; outputs: Output[] };

/** A notebook, of format 4. */
interface Notebook {
  nbformat: number;
  cells: Cell[];
}

/** What can be shown, the best first. */
const PICTURES = { 'image/svg+xml': 'svg', 'image/png': 'png' } as const;

const whole = (text: Text): string => (Array.isArray(text) ? text.join('') : text);

/** A block of code, in a fence longer than any within it. */
function fenced(language: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text.trimEnd()}\n${fence}`;
}

/**
 * Writes a notebook as `NAME.md`, and its pictures into `NAME_files`.
 *
 * The first heading becomes the page's title as well.
 *
 * @param notebook the `.ipynb` file
 * @param folder where the page goes; made where it is missing. Earlier pictures of the page are
 * deleted.
 * @returns the page's path.
 * @throws Error for a file that is no notebook of format 4, or an output that cannot be shown.
 */
export async function renderNotebook(notebook: string, folder: string): Promise<string> {
  const { nbformat, cells } = JSON.parse(await readFile(notebook, 'utf8')) as Notebook;
  if (nbformat !== 4 || !Array.isArray(cells)) {
    throw new Error(`${notebook}: expected a notebook of format 4; received format ${nbformat}.`);
  }
  const name = basename(notebook, '.ipynb');
  const pictures = join(folder, `${name}_files`);
  await rm(pictures, { recursive: true, force: true });
  await mkdir(pictures, { recursive: true });

  const blocks: string[] = [];
  let count = 0;
  const showPicture = async (kind: keyof typeof PICTURES, content: string): Promise<string> => {
    count += 1;
    const file = `picture-${String(count).padStart(2, '0')}.${PICTURES[kind]}`;
    const bytes = kind === 'image/png' ? Buffer.from(content, 'base64') : content;
    await writeFile(join(pictures, file), bytes);
    return `![Output of the code above](${name}_files/${file})`;
  };
  const show = async (output: Output): Promise<string> => {
    if (output.output_type === 'stream') return fenced('text', whole(output.text));
    const { data } = output;
    for (const kind of Object.keys(PICTURES) as (keyof typeof PICTURES)[]) {
      if (data[kind] !== undefined) return showPicture(kind, whole(data[kind]));
    }
    // Links in HTML go to files that only a run of the notebook makes.
    if (data['text/html'] !== undefined) return whole(data['text/html']).replace(/<[^>]*>/g, '');
    if (data['text/plain'] !== undefined) return fenced('text', whole(data['text/plain']));
    throw new Error(`${notebook}: cannot show an output of ${Object.keys(data).join(', ')}.`);
  };
  for (const cell of cells) {
    if (cell.cell_type === 'markdown') {
      blocks.push(whole(cell.source));
    } else {
      blocks.push(fenced('typescript', whole(cell.source)));
      for (const output of cell.outputs) blocks.push(await show(output));
    }
  }
  const [, title] = blocks[0]?.match(/^# (.+)$/m) ?? [];
  const head = `---\ntitle: ${JSON.stringify(title ?? name)}\n---`;
  const page = join(folder, `${name}.md`);
  await writeFile(page, `${[head, ...blocks].join('\n\n')}\n`);
  return page;
}

const [, script, notebook, folder] = process.argv;
if (script !== undefined && import.meta.url === pathToFileURL(script).href) {
  if (notebook === undefined || folder === undefined) {
    throw new Error('Usage: notebook.mts NOTEBOOK.ipynb FOLDER');
  }
  console.log(await renderNotebook(notebook, folder));
}
