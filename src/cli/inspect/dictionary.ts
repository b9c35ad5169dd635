import type { SAEInspection } from '../../io/dictionaries/inspect';
import { printable, shortened } from '../printable';
import { count, some } from '../wording';
import { table } from './text';

/** Formats the contents of a dictionary's files for people. */
export function dictionaryText(inspection: SAEInspection): string {
  const { file, format, bytes, architecture, options, metadata, weights, parameters } = inspection;
  const { format: _, other = {}, ...known } = metadata;
  const rows = weights.map(({ name, shape, dtype }) => ({ path: name, name: null, shape, dtype }));
  return [
    `${printable(file)}: ${shortened(architecture)} in the format ${format}, ${count(bytes)} bytes`,
    `options: ${listed(options)}`,
    ...(Object.keys(known).length > 0 ? [`made for: ${listed(known)}`] : []),
    ...(Object.keys(other).length > 0 ? [`also says: ${listed(other)}`] : []),
    '',
    ...table(rows),
    '',
    `${some(weights.length, 'weight')}, ${some(parameters, 'value')}`,
    '',
  ].join('\n');
}

const listed = (entries: object): string =>
  Object.entries(entries)
    .map(([name, value]) => `${shortened(name)} ${shortened(shown(value))}`)
    .join(', ');

const shown = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
