import { badFile, namingFile, wrongOption } from '../../errors';
import { nodeModule } from '../../nodeModule';
import { fileBeside } from '../bytes/fileSource';
import {
  type ByteSource,
  type Openable,
  openSource,
  type SourceOptions,
  withSource,
} from '../bytes/source';

/**
 * A source of a Keras model or its weights: a file, like any other source; a folder, by its path or
 * by an address that ends in `/`; or the files of a folder that the user chose in a page.
 */
export type KerasOpenable = Openable | ArrayLike<Blob>;

/** A Keras file, and access to those beside it. */
export interface KerasSource extends ByteSource {
  /**
   * Opens a file beside it, which is closed together with it. Undefined if there is no access.
   *
   * @throws SAE_FILE for a name that leads elsewhere, or a missing file.
   */
  readonly beside?: (name: string) => Promise<ByteSource>;
}

/** The file that a folder is opened by. */
const CONFIG = 'config.json';
/** A plain file name that an address can hold: no folder, no drive, no scheme. */
const PLAIN_NAME = /^(?!\.{1,2}$)[^\\/:\p{Cc}\p{Cs}]+$/u;

/**
 * Opens a Keras source, uses it, and closes it with everything that was opened beside it.
 *
 * @returns what `use` returns.
 * @throws SAE_FILE if it is missing or cannot be read, SAE_OPTION if it cannot be opened at all;
 *   the errors of `use`.
 */
export async function withKerasSource<T>(
  given: KerasOpenable,
  use: (source: KerasSource) => Promise<T>,
  options: SourceOptions = {},
): Promise<T> {
  const { main, beside } = await placesOf(given);
  const { onProgress: _, ...request } = options;
  const others: ByteSource[] = [];
  const withOthers = async (source: ByteSource): Promise<T> => {
    const { name, size, readInto } = source;
    if (beside === undefined) return namingFile(name, () => use(source));
    const withBeside: KerasSource = {
      name,
      size,
      read: (offset, length) => source.read(offset, length),
      ...(readInto && { readInto: readInto.bind(source) }),
      close: () => source.close(),
      beside: async (other) => {
        if (!PLAIN_NAME.test(other)) {
          const advice = 'Files in other folders are not opened.';
          throw badFile(name, 'names of files beside it', JSON.stringify(other), advice);
        }
        const opened = await openSource(await beside(name, other), request);
        others.push(opened);
        return opened;
      },
    };
    return namingFile(name, () => use(withBeside));
  };
  try {
    return await withSource(main, withOthers, options);
  } finally {
    await Promise.all(others.map((other) => other.close()));
  }
}

/** What to open first, and where the files beside it are. */
interface Places {
  readonly main: Openable;
  /** Returns where the file of that name is; `of` is how errors refer to the first file. */
  readonly beside?: (of: string, name: string) => Promise<Openable>;
}

async function placesOf(given: KerasOpenable): Promise<Places> {
  const kind = Object.prototype.toString.call(given);
  if (kind === '[object Array]' || kind === '[object FileList]') {
    return amongFiles(Array.from(given as ArrayLike<Blob>));
  }
  if (kind !== '[object URL]' && typeof given !== 'string') return { main: given as Openable };
  const address = String(given);
  if (/^(data|blob):/i.test(address)) return { main: given as Openable };
  const fs = nodeModule<typeof import('node:fs/promises')>('node:fs/promises');
  const path = nodeModule<typeof import('node:path')>('node:path');
  const url = nodeModule<typeof import('node:url')>('node:url');
  if (!fs || !path || !url || /^https?:/i.test(address)) return atAddress(address);
  let place = address;
  if (/^file:/i.test(address)) {
    try {
      place = url.fileURLToPath(address);
    } catch {
      return { main: given as Openable };
    }
  }
  return onDisk(fs, path, place);
}

/** Finds the file that describes the others, among those chosen in a page. */
function amongFiles(files: readonly Blob[]): Places {
  const nameOf = (file: Blob) => String((file as { name?: unknown } | null)?.name ?? '');
  const first = files.filter((file) => /^config\.json$|\.weights\.json$/.test(nameOf(file)));
  const [main, second] = files.length === 1 ? files : first;
  if (main === undefined || second !== undefined) {
    const expected = `files with one ${CONFIG} or .weights.json among them`;
    throw wrongOption('open', expected, files.map(nameOf));
  }
  return {
    main,
    beside: async (of, name) => {
      const [found, other] = files.filter((file) => nameOf(file) === name);
      if (found !== undefined && other === undefined) return found;
      const received = found === undefined ? 'no such file' : 'two of that name';
      throw badFile(of, `${name} among the files`, received, 'Choose all files of one folder.');
    },
  };
}

function atAddress(address: string): Places {
  const [, path = '', rest = ''] = /^([^?#]*)(.*)$/s.exec(address) ?? [];
  const main = path.endsWith('/') ? `${path}${CONFIG}${rest}` : address;
  const folder = (path.endsWith('/') ? path : path.replace(/[^/]*$/, '')) as string;
  return {
    main,
    beside: async (_, name) => `${folder}${encodeURIComponent(name)}${rest.replace(/#.*$/s, '')}`,
  };
}

async function onDisk(
  fs: typeof import('node:fs/promises'),
  path: typeof import('node:path'),
  place: string,
): Promise<Places> {
  const inside = path.join(place, CONFIG);
  const isFolder = await fs.stat(inside).then(
    (there) => there.isFile(),
    () => false,
  );
  const folder = isFolder ? place : path.dirname(place);
  const beside = (of: string, name: string) => fileBeside(fs, path, folder, of, name);
  return { main: isFolder ? await beside(place, CONFIG) : place, beside };
}
