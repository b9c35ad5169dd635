import type { Edit } from './edits';
import type { OnnxNode } from './graph';
import { field, message } from './message';
import { NODE } from './schema';

/** Returns an edit that renames an output of a node, or names it if the file left it unnamed. */
export function named({ outputs, block, graph }: OnnxNode, place: number, name: string): Edit {
  const within = [graph, block];
  const old = outputs[place];
  const bytes = field(NODE.output, name);
  if (old) return { at: old.field.start, end: old.field.end, bytes, within };
  // Outputs between the last one and this one exist without names.
  const at = outputs.at(-1)?.field.end ?? block.end;
  const between = Array.from({ length: place - outputs.length }, () => field(NODE.output, ''));
  return { at, end: at, bytes: message(...between, bytes), within };
}
