import type { SAEInspection } from '../../io/dictionaries/inspect';
import type { KerasArray, KerasInspection } from '../../io/keras/inspect';
import { printable, printableJson, shortened } from '../printable';
import { count, some } from '../wording';
import type { FolderInspection } from './folder';

/** Formats the contents of a file for people. */
export function inspectionText(inspection: KerasInspection): string {
  const { weights, parameters, unsupported } = inspection;
  const bytes = weights.reduce((sum, weight) => sum + weight.bytes, 0);
  const total = `${some(weights.length, 'weight')}, ${some(parameters, 'value')}, ${size(bytes)}`;
  return [
    header(inspection),
    ...origin(inspection),
    ...options(inspection),
    '',
    ...table(weights),
    ...(weights.length === 0 ? [] : ['']),
    total,
    optimizer(inspection),
    ...(unsupported === null ? [] : [`does not open in tfjs: ${printable(unsupported)}`]),
    '',
  ].join('\n');
}

/** Formats the contents of a tfjs folder for people. */
export function folderText(inspection: FolderInspection): string {
  const { weights, parameters, checksum, generatedBy, convertedBy } = inspection;
  const bytes = weights.reduce((sum, weight) => sum + weight.bytes, 0);
  const by = [generatedBy, convertedBy].flatMap((who) => (who === null ? [] : [shortened(who)]));
  return [
    header(inspection),
    ...(by.length === 0 ? [] : [`saved by ${by.join(', converted by ')}`]),
    ...options(inspection),
    '',
    ...table(weights.map((weight) => ({ ...weight, path: weight.name, name: null }))),
    ...(weights.length === 0 ? [] : ['']),
    `${some(weights.length, 'weight')}, ${some(parameters, 'value')}, ${size(bytes)}`,
    optimizer(inspection),
    checksum === null
      ? 'no checksum of its weights: damage that leaves their length as it was is not seen'
      : `checksum of its weights: SHA-256 ${checksum.slice(0, 16)}…, compared when it is opened`,
    '',
  ].join('\n');
}

/** Formats the contents of a file for programs. */
export const inspectionJson = (inspection: Either | SAEInspection): string =>
  printableJson(inspection);

type Either = KerasInspection | FolderInspection;

function header({ file, format, bytes, className, name, layers }: Either): string {
  const what =
    format === 'weights'
      ? 'weights without a model'
      : [
          shortened(className ?? ''),
          ...(name === null ? [] : [`"${shortened(name)}"`]),
          ...(layers === null ? [] : [`of ${some(layers, 'layer')}`]),
        ].join(' ');
  return `${printable(file)}: ${what}, ${size(bytes)}`;
}

function origin({ kerasVersion, savedAt }: KerasInspection): string[] {
  if (kerasVersion === null && savedAt === null) return [];
  const version = kerasVersion === null ? '' : ` by Keras ${shortened(kerasVersion)}`;
  // Keras writes 2026-01-31@12:00:00, in the local time of the machine that it ran on.
  const at = savedAt === null ? '' : ` on ${shortened(savedAt.replace('@', ' at '))}`;
  return [`saved${version}${at}`];
}

function options({ options: given }: Either): string[] {
  const entries = Object.entries(given ?? {});
  if (entries.length === 0) return [];
  const shown = entries.map(([name, value]) => `${shortened(name)} ${shortened(String(value))}`);
  return [`options: ${shown.join(', ')}`];
}

/** A weight as it is shown on a line. */
type Row = Omit<KerasArray, 'dtype' | 'bytes'> & { dtype: string; bytes?: number };

/** Returns one line per weight; numbers are aligned by their last digits. */
export function table(weights: readonly Row[]): string[] {
  const isNamed = weights.some(({ name }) => name !== null);
  const rows = weights.map(({ path, name, shape, dtype, bytes }) => [
    shortened(path),
    ...(isNamed ? [shortened(name ?? '')] : []),
    `[${shape.join(', ')}]`,
    dtype,
    ...(bytes === undefined ? [] : [size(bytes)]),
  ]);
  const last = (rows[0]?.length ?? 0) - 1;
  const widths = rows.reduce<number[]>(
    (most, row) => row.map((cell, i) => Math.max(most[i] ?? 0, cell.length)),
    [],
  );
  return rows.map((row) => {
    const cells = row.map((cell, i) => {
      const width = widths[i] ?? 0;
      return i === last ? cell.padStart(width) : cell.padEnd(width);
    });
    return `  ${cells.join('   ')}`;
  });
}

function optimizer({ optimizer: given }: Either): string {
  if (given === null) return 'no optimizer';
  const { className, steps, arrays, bytes } = given;
  const kind = className === null ? 'a class that is not named here' : shortened(className);
  const taken = steps === null ? [] : [`${some(steps, 'step')} taken`];
  return `optimizer: ${[kind, ...taken, some(arrays, 'array'), size(bytes)].join(', ')}`;
}

const size = (bytes: number) => `${count(bytes)} bytes`;
