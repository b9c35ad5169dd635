import { loadCatalogue } from '../load';

/** What a dictionary reads: a place in a layer of its model, by TransformerLens's names. */
export type SAEPlace =
  | 'resid_pre'
  | 'resid_mid'
  | 'resid_post'
  | 'attn_out'
  | 'hook_z'
  | 'mlp_out'
  | 'transcoder'
  | 'clt';

/** A dictionary on the hub, as SAELens's table has it. */
export interface SAEEntry {
  /** The set that it was published in, by SAELens's name. */
  readonly release: string;
  /** Its name in there. */
  readonly id: string;
  /** The language model, by the table's name. */
  readonly model: string;
  /** Its layer, from 0. */
  readonly layer: number;
  /** Where in the layer; `transcoder` and `clt` for what maps one place to another. */
  readonly place: SAEPlace;
  /** How many features it has, where its names say so. */
  readonly width: number | undefined;
  /** Features that are active on a token, on average, as published. */
  readonly l0: number | undefined;
  /** Share of the variance that it explains, as published. */
  readonly varianceExplained: number | undefined;
  /** What rows are multiplied by before it reads them, where the table has such a factor. */
  readonly normScalingFactor: number | undefined;
  /** Its name on neuronpedia.org. */
  readonly neuronpediaId: string | undefined;
  /** SAELens's loader of its files: their format. */
  readonly conversion: string;
  /** `owner/name` on the hub. */
  readonly repo: string;
  /** What that loader is told beside the repository: a folder or a file, of a `mntss` one the layer. */
  readonly path: string;
  /** `hf://owner/name/path`, for `hubFolder`. */
  readonly address: string;
}

/** The table as it is packed, a column for each field. */
interface Columns {
  readonly releases: readonly (readonly [string, string, string, string | null, number])[];
  readonly id: readonly string[];
  readonly path: readonly string[];
  readonly layer: readonly number[];
  readonly place: readonly SAEPlace[];
  readonly width: readonly (number | null)[];
  readonly l0: readonly (number | null)[];
  readonly variance: readonly (number | null)[];
  readonly neuronpedia: readonly (string | null)[];
  readonly scale: readonly (number | null)[];
}

let table: Promise<readonly SAEEntry[]> | undefined;

/** All entries, unpacked when they are first asked for. */
export function catalogue(): Promise<readonly SAEEntry[]> {
  table ??= unpacked().catch((error) => {
    table = undefined; // a script may be loaded another time
    throw error;
  });
  return table;
}

async function unpacked(): Promise<readonly SAEEntry[]> {
  const { TABLE } = await loadCatalogue();
  const packed = Uint8Array.from(atob(TABLE), (char) => char.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  const columns = JSON.parse(await new Response(stream).text()) as Columns;
  const entries: SAEEntry[] = [];
  for (const [release, model, repo, conversion, count] of columns.releases) {
    for (let end = entries.length + count; entries.length < end; ) {
      entries.push(entryAt(columns, entries.length, { release, model, repo, conversion }));
    }
  }
  return entries;
}

function entryAt(
  columns: Columns,
  i: number,
  of: { release: string; model: string; repo: string; conversion: string | null },
): SAEEntry {
  const id = columns.id[i] ?? '';
  const path = (columns.path[i] ?? '').replace('*', () => id);
  // A cross-layer transcoder's path is a layer's number, and no place in the repository.
  const isPlace = !/^\d+$/.test(path);
  return {
    release: of.release,
    id,
    model: of.model,
    layer: columns.layer[i] ?? 0,
    place: columns.place[i] ?? 'resid_post',
    width: columns.width[i] ?? undefined,
    l0: columns.l0[i] ?? undefined,
    varianceExplained: columns.variance[i] ?? undefined,
    normScalingFactor: columns.scale[i] ?? undefined,
    neuronpediaId: columns.neuronpedia[i] ?? undefined,
    conversion: of.conversion ?? 'sae_lens',
    repo: of.repo,
    path,
    address: `hf://${of.repo}${isPlace ? `/${path}` : ''}`,
  };
}
