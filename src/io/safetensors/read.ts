import { badContent, SAEError } from '../../errors';
import { isCount, isObject } from '../../plainData';
import { type ByteSource, GET_AGAIN } from '../bytes/byteSource';
import { DTYPE_BYTES, type Dtype } from '../bytes/dtypes';
import { type StoredTensor, sizeOf, storedTensor } from '../bytes/storedTensor';

/** A safetensors file, whose values are read on demand. */
export interface Safetensors {
  /** The tensors by name, in the order of the header. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Other entries of the header: texts by name. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The header as it is in the file, including its padding. */
  readonly header: string;
}

/** Names of types in a header. */
export const SAFETENSORS_DTYPES: Readonly<Record<string, Dtype>> = {
  ...{ F64: 'float64', F32: 'float32', F16: 'float16', BF16: 'bfloat16' },
  ...{ I64: 'int64', I32: 'int32', I16: 'int16', I8: 'int8' },
  ...{ U64: 'uint64', U32: 'uint32', U16: 'uint16', U8: 'uint8', BOOL: 'bool' },
};

/** The size of the header's length before it: 64 bits. */
export const LENGTH_BYTES = 8;
/** The longest header: dictionaries have ten tensors, language models some thousand. */
const MOST_HEADER = 2 ** 24;
const MOST_NAME = 1000;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads the header of a safetensors file, and checks it against the file's length: tensors must
 * have the bytes that their shapes require, one after another, with nothing between or after them.
 *
 * @throws SAE_FILE if it is damaged or of another kind; SAE_UNSUPPORTED for an unsupported number
 *   type.
 */
export async function openSafetensors(source: ByteSource): Promise<Safetensors> {
  const { size } = source;
  if (size < LENGTH_BYTES) throw damaged(`${size} bytes`);
  const start = await source.read(0, LENGTH_BYTES);
  const length = new DataView(start.buffer, start.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length > MOST_HEADER) throw damaged(`a header of ${length} bytes`);
  const data = LENGTH_BYTES + Number(length);
  if (data > size) throw damaged('one that breaks off in its header');
  const header = textOf(await source.read(LENGTH_BYTES, Number(length)));
  const { __metadata__: said = {}, ...entries } = parsed(header);
  if (!isObject(said)) throw damaged('__metadata__ that is no object');
  const spans: Span[] = [];
  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of Object.entries(entries)) {
    const { dtype, shape, span } = checkEntry(name, entry);
    spans.push({ name, span });
    tensors.set(name, storedTensor(source, dtype, shape, data + span[0]));
  }
  // For a repeated name, JSON keeps the last one.
  const places = header.match(/"data_offsets"\s*:/g)?.length ?? 0;
  if (places !== tensors.size) throw damaged('a tensor that is there twice');
  checkSpans(spans, size - data);
  return { tensors, metadata: textsOf(said), header };
}

interface Span {
  readonly name: string;
  readonly span: readonly [number, number];
}

const damaged = (received: string) => badContent('a safetensors file', received, GET_AGAIN);

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw badContent('a safetensors file', 'a header that is no text', GET_AGAIN, error);
  }
}

/** Parses the header, and ensures that it has no names from a prototype. */
function parsed(header: string): Record<string, unknown> {
  if (!header.startsWith('{')) throw damaged('something else');
  let value: unknown;
  try {
    value = JSON.parse(header);
  } catch (error) {
    throw badContent('a safetensors file', 'a header that is no JSON', GET_AGAIN, error);
  }
  if (!isObject(value)) throw damaged('a header that is no object');
  return value;
}

function checkEntry(name: string, entry: unknown) {
  const shown = JSON.stringify(name.slice(0, 80));
  if (name.length > MOST_NAME) throw damaged(`a name of ${name.length} characters`);
  if (!isObject(entry)) throw damaged(`tensor ${shown} that is no object`);
  const { dtype: code, shape, data_offsets: span } = entry;
  if (typeof code !== 'string') throw damaged(`tensor ${shown} without a dtype`);
  const dtype = Object.hasOwn(SAFETENSORS_DTYPES, code) ? SAFETENSORS_DTYPES[code] : undefined;
  if (dtype === undefined) throw unknownDtype(shown, code);
  if (!Array.isArray(shape) || !shape.every(isCount))
    throw damaged(`tensor ${shown} without a shape`);
  if (!Array.isArray(span) || span.length !== 2 || !span.every(isCount)) {
    throw damaged(`tensor ${shown} without a place`);
  }
  const [begin, end] = span as [number, number];
  const bytes = sizeOf(shape) * DTYPE_BYTES[dtype];
  if (end - begin !== bytes) {
    const place = `${end - begin} bytes for tensor ${shown} ${code} [${shape.join(', ')}]`;
    throw damaged(place);
  }
  return { dtype, shape: shape as number[], span: [begin, end] as const };
}

function unknownDtype(shown: string, code: string): SAEError {
  const known = Object.keys(SAFETENSORS_DTYPES).join(', ');
  const text = `expected numbers of type ${known}; received ${JSON.stringify(code.slice(0, 40))} of tensor ${shown}. Save it as F32.`;
  return new SAEError('SAE_UNSUPPORTED', 'the file', text);
}

/** Checks that tensors fill the data, one after another. */
function checkSpans(spans: Span[], size: number): void {
  spans.sort((a, b) => a.span[0] - b.span[0] || a.span[1] - b.span[1]);
  let at = 0;
  for (const { name, span } of spans) {
    const [begin, end] = span;
    const shown = JSON.stringify(name.slice(0, 80));
    if (end > size) throw damaged(`tensor ${shown} that ends behind the file`);
    if (begin !== at) {
      throw damaged(`tensor ${shown} at ${begin}, ${begin < at ? 'over' : 'apart from'} another`);
    }
    at = end;
  }
  if (at !== size) throw damaged(`${size - at} bytes behind the last tensor`);
}

/** Returns the texts in the header. */
function textsOf(said: Record<string, unknown>): Record<string, string> {
  const texts = Object.entries(said).filter(([, value]) => typeof value === 'string');
  return Object.fromEntries(texts) as Record<string, string>;
}
