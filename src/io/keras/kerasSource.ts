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
 * What a Keras model or its weights are opened from: a file, as anything else is; a folder, by its path
 * or by an address that ends in `/`; or the files of a folder, as somebody has chosen them in a page.
 */
export type KerasOpenable = Openable | ArrayLike<Blob>;

/** A file of Keras, and the way to those beside it. */
export interface KerasSource extends ByteSource {
  /**
   * Opens a file that stands beside it; it is closed along with it. Absent where nothing can.
   *
   * @throws SAE_FILE for a name that leads elsewhere, and for what is missing.
   */
  readonly beside?: (name: string) => Promise<ByteSource>;
}

/** What a folder's files begin with. */
const CONFIG = 'config.json';
/** A name that leads nowhere else, and that an address can hold: no folder, no drive, no scheme. */
const PLAIN_NAME = /^(?!\.{1,2}$)[^\\/:\p{Cc}\p{Cs}]+$/u;

/**
 * Opens something of Keras, uses it, and closes it and what was opened beside it.
 *
 * @returns what `use` returns.
 * @throws SAE_FILE for what is missing or cannot be read, SAE_OPTION for what cannot be opened at all;
 * and as `use` does.
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

/** What is opened first, and where those beside it are. */
interface Places {
  readonly main: Openable;
  /** Where the file of that name is; `of` is what errors call the first. */
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

/** Files that were chosen in a page, one of which tells of the others. */
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
