import { noCounterpart } from '../../errors';
import {
  type ClassEntry,
  type Codec,
  type Json,
  type JsonObject,
  type OptionRule,
  optionRules,
  type Restriction,
} from './layerTable';

/** A direction through the table, between what Keras writes and what tfjs-layers writes. */
export type Side = 'keras' | 'tfjs';

/** How errors describe an object whose options are converted. */
export interface Place {
  /** The object: `Conv2D "conv_1"`. */
  readonly object: string;
  /** The shapes of its inputs, call by call, if known. */
  readonly calls?: readonly (readonly Shape[])[];
}

/** The dimensions of a tensor, null for open ones; the batch is first. */
export type Shape = readonly Json[];

/** Converts one value; undefined leaves the option out. */
export type CarryValue = (value: Json, place: Place, siblings: JsonObject) => Json | undefined;

/** Everything about one direction. */
export interface Direction {
  readonly from: Side;
  readonly to: Side;
  /** Options that every object may have, which the caller handles. */
  readonly known: readonly string[];
  readonly codecs: Readonly<Record<Codec, CarryValue>>;
  /**
   * What Keras needs although tfjs does not state it, computed from the converted options, by
   * codec.
   */
  readonly made: Readonly<Partial<Record<Codec, (carried: JsonObject) => Json>>>;
}

const isRestriction = (rule: Codec | Restriction): rule is Restriction => typeof rule === 'object';
const same = (a: Json, b: Json) => JSON.stringify(a) === JSON.stringify(b);

/**
 * Returns the options of one object, converted by its entry in the table.
 *
 * @throws SAE_FILE for an option, or a value, that the other side does not have.
 */
export function carryOptions(
  entry: ClassEntry,
  config: JsonObject,
  { from, to, known, codecs, made }: Direction,
  place: Place,
): Record<string, Json> {
  const rules = optionRules(entry);
  const carried: Record<string, Json> = to === 'tfjs' ? { ...entry.fixed } : {};
  for (const [option, value] of Object.entries(config)) {
    const found = rules.find((rule) => rule[from] === option);
    if (found === undefined) {
      // tfjs writes null for what is not set.
      if (known.includes(option) || value === null || (from === 'tfjs' && entry.repeats_cell))
        continue;
      throw noCounterpart(place.object, option, value, NOT_KNOWN);
    }
    const result = carryOption(found, value, from, codecs, place, config);
    if (result !== undefined) carried[found[to]] = result;
  }
  if (to === 'keras') {
    for (const { keras, rule } of rules) {
      if (isRestriction(rule) && rule.write) carried[keras] = rule.only[0] as Json;
      const make = isRestriction(rule) ? undefined : made[rule];
      if (make !== undefined) carried[keras] = make(carried);
    }
  }
  return carried;
}

const NOT_KNOWN = 'Leave the option at its default.';

function carryOption(
  found: OptionRule,
  value: Json,
  from: Side,
  codecs: Direction['codecs'],
  place: Place,
  siblings: JsonObject,
): Json | undefined {
  const { rule } = found;
  if (!isRestriction(rule)) {
    return codecs[rule](value, place, siblings);
  }
  if (!(from === 'tfjs' && value === null) && !rule.only.some((allowed) => same(allowed, value))) {
    throw noCounterpart(place.object, found[from], value, `${capital(rule.why)}.`);
  }
  return rule.carry ? value : undefined;
}

const capital = (text: string) =>
  text.startsWith('tfjs') ? text : text[0]?.toUpperCase() + text.slice(1);
