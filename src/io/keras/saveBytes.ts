import { fileRefused, missing, SAEError } from '../../errors';
import { nodeModule } from '../../nodeModule';
import { saveFile } from '../files/saveFile';

/**
 * Writes a file: in Node at a path, whole or not at all; in a page as a download of that name.
 *
 * @throws SAE_FILE where it cannot be written, SAE_MISSING where there is neither.
 */
export async function saveBytes(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  const node = nodeModule<typeof import('node:path')>('node:path');
  if (node === undefined) {
    download(path, chunks);
    return;
  }
  try {
    await saveFile(node.resolve(path), chunks);
  } catch (error) {
    if (error instanceof SAEError) throw error;
    throw fileRefused(path, 'a file that can be written', error);
  }
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
