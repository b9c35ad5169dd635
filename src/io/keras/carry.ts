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

/** One way over the table, between what Keras writes and what tfjs-layers writes. */
export type Side = 'keras' | 'tfjs';

/** What errors say of an object whose options are carried over. */
export interface Place {
  /** The object: `Conv2D "conv_1"`. */
  readonly object: string;
  /** The shapes of its inputs, call by call, where they are known. */
  readonly calls?: readonly (readonly Shape[])[];
}

/** The dimensions of a tensor, null for those that are open; its batch is the first. */
export type Shape = readonly Json[];

/** Carries one value over; undefined leaves the option out. */
export type CarryValue = (value: Json, place: Place, siblings: JsonObject) => Json | undefined;

/** Everything that goes one way. */
export interface Direction {
  readonly from: Side;
  readonly to: Side;
  /** Options that every object may have, which the caller sees to. */
  readonly known: readonly string[];
  readonly codecs: Readonly<Record<Codec, CarryValue>>;
  /** What Keras is told though tfjs does not say it, from the options carried over, by codec. */
  readonly made: Readonly<Partial<Record<Codec, (carried: JsonObject) => Json>>>;
}

const isRestriction = (rule: Codec | Restriction): rule is Restriction => typeof rule === 'object';
const same = (a: Json, b: Json) => JSON.stringify(a) === JSON.stringify(b);

/**
 * The options of one object, carried over by its entry in the table.
 *
 * @throws SAE_FILE for an option, or a value of one, that the other side does not have.
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
      // tfjs writes what is not set as null.
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
