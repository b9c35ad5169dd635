import { missing } from '../../errors';
import { nodeModule } from '../../nodeModule';
import { saveAt } from '../files/saveFile';

/**
 * Writes a file: in Node at a path, whole or not at all; in a page as a download of that name.
 *
 * @throws SAE_FILE where it cannot be written, SAE_MISSING where there is neither.
 */
export async function saveBytes(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  if (nodeModule('node:path') === undefined) download(path, chunks);
  else await saveAt(path, chunks);
}

function download(name: string, chunks: readonly Uint8Array[]): void {
  const { document } = globalThis as { document?: Document };
  if (document === undefined) {
    throw missing(name, 'a page to download from', 'Use encodeKeras(model), and store its bytes.');
  }
  const blob = new Blob([...chunks] as BlobPart[], { type: 'application/octet-stream' });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name.slice(name.lastIndexOf('/') + 1);
  link.click();
  // The browser has taken hold of it once the click has been handled.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
