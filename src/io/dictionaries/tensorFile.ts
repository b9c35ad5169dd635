import { badContent } from '../../errors';
import { type ByteSource, GET_AGAIN } from '../bytes/byteSource';
import { openSafetensors } from '../safetensors/read';
import type { PlainValue } from '../torch/read';
import type { Tensors } from './tensors';

/** The contents of a file of tensors, in any format. */
export interface TensorFile {
  readonly container: 'safetensors' | 'npz' | 'torch';
  readonly tensors: Tensors;
  /**
   * Other values in the file, by name: texts of safetensors, and plain values saved by torch.save.
   */
  readonly values: ReadonlyMap<string, PlainValue>;
}

/** The first header of a ZIP archive: its signature, and the length of the name after it. */
const ZIP = { signature: 0x04034b50, bytes: 30, nameLength: 26 } as const;
const PICKLE_START = 0x80;
/** Safetensors begins with a length of 64 bits, and a header that is an object. */
const SAFETENSORS = { lengthBytes: 8, header: '{'.charCodeAt(0) } as const;

const latin1 = new TextDecoder('latin1');

/**
 * Opens a file of tensors: safetensors, NumPy's `.npz`, or the output of torch.save, recognized by
 * the first bytes. The code that reads the latter two is loaded when there is such a file.
 *
 * @throws SAE_FILE if it is damaged or of another kind; SAE_UNSUPPORTED for unsupported content.
 */
export async function openTensors(source: ByteSource): Promise<TensorFile> {
  const start = await source.read(0, Math.min(source.size, ZIP.bytes));
  // Tested first: the length may be any bytes, even the signatures of the other formats.
  if (start[SAFETENSORS.lengthBytes] === SAFETENSORS.header) {
    const { tensors, metadata } = await openSafetensors(source);
    return { container: 'safetensors', tensors, values: new Map(Object.entries(metadata)) };
  }
  const view = new DataView(start.buffer, start.byteOffset, start.length);
  if (start.length === ZIP.bytes && view.getUint32(0, true) === ZIP.signature) {
    const length = Math.min(view.getUint16(ZIP.nameLength, true), source.size - ZIP.bytes);
    const name = latin1.decode(await source.read(ZIP.bytes, length));
    if (!name.endsWith('.npy')) return torchFile(source);
    const { openNpz } = await import('./npz');
    return { container: 'npz', tensors: await openNpz(source), values: new Map() };
  }
  if (start[0] === PICKLE_START) return torchFile(source);
  const received = source.size === 0 ? 'an empty file' : 'something else';
  throw badContent("a file of tensors: safetensors, .npz or torch's .pt", received, GET_AGAIN);
}

async function torchFile(source: ByteSource): Promise<TensorFile> {
  const { openTorch } = await import('../torch/read');
  return { container: 'torch', ...(await openTorch(source)) };
}
