import { loadCatalogue } from '../load';

/** The place in a layer that a dictionary reads, by TransformerLens's names. */
export type SAEPlace =
  | 'resid_pre'
  | 'resid_mid'
  | 'resid_post'
  | 'attn_out'
  | 'hook_z'
  | 'mlp_out'
  | 'transcoder'
  | 'clt';

/** A dictionary on the hub, as listed in SAELens's table. */
export interface SAEEntry {
  /** The release that it was published in, by SAELens's name. */
  readonly release: string;
  /** Its name in that release. */
  readonly id: string;
  /** The language model, by the table's name. */
  readonly model: string;
  /** Its layer, from 0. */
  readonly layer: number;
  /**
   * The place in the layer; `transcoder` and `clt` for dictionaries that map one place to another.
   */
  readonly place: SAEPlace;
  /** The number of features, if its names state it. */
  readonly width: number | undefined;
  /** The published mean number of active features per token. */
  readonly l0: number | undefined;
  /** The published share of variance explained. */
  readonly varianceExplained: number | undefined;
  /** The factor that rows are multiplied by before encoding, if the table has one. */
  readonly normScalingFactor: number | undefined;
  /** Its name on neuronpedia.org. */
  readonly neuronpediaId: string | undefined;
  /** The name of SAELens's loader for its files: their format. */
  readonly conversion: string;
  /** `owner/name` on the hub. */
  readonly repo: string;
  /**
   * What the loader needs besides the repository: a folder or a file; for a `mntss` entry, the
   * layer.
   */
  readonly path: string;
  /** Its address for `hubFolder`: `hf://owner/name/path`. */
  readonly address: string;
}

/** The packed table, one column per field. */
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

/** Returns all entries, which are unpacked on the first call. */
export function catalogue(): Promise<readonly SAEEntry[]> {
  table ??= unpacked().catch((error) => {
    table = undefined; // a failed script may load the next time
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
  // A cross-layer transcoder's path is a layer's number, not a place in the repository.
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
