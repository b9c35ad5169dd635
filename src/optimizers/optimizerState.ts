import * as tf from '@tensorflow/tfjs-core';
import { type SAEError, wrongOptimizerState } from '../errors';
import { type Before, variablesBefore } from './before';

/** A tensor with the name that it has in files. */
export type NamedTensor = Parameters<tf.Optimizer['setWeights']>[0][number];

/** A kind of what is kept of a variable, and the end of its name in files: the moments. */
export type Kind = 'm' | 'v' | 'average';

/** What is kept of one variable. */
export type VariableState = { readonly [K in Kind]?: tf.Variable };

/** What is kept of one variable as numbers, flat. */
export type StateValues<S extends VariableState> = { readonly [K in keyof S]: Float32Array };

/** The state of the variable at one position. */
interface Slot<S extends VariableState> {
  /** The variable's name, or where the state comes from a file, the name that it had there. */
  name: string;
  /** Whether a file has brought it, and no variable has claimed it yet. */
  loaded: boolean;
  /** In the order of the layout. */
  readonly state: S;
}

/**
 * What an optimizer keeps of each variable. It belongs to them by their positions: tfjs renames
 * variables that it loads.
 */
export class OptimizerState<S extends VariableState> {
  private slots: Slot<S>[] = [];

  /**
   * @param owner whose state it is, for errors
   * @param layouts the kinds that may be kept of each variable: of new ones the first of these, of
   * those in files any
   */
  constructor(
    private readonly owner: string,
    private readonly layouts: readonly [readonly Kind[], ...(readonly Kind[])[]],
  ) {}

  /** Whether anything is kept of the variable at a position. */
  has(position: number): boolean {
    return this.slots[position] !== undefined;
  }

  /**
   * What is kept of the variable at a position: zeros, or what training or a file has brought.
   *
   * @throws SAE_STATE where it is that of another variable.
   */
  of(position: number, w: tf.Variable): S {
    const known = this.slots[position];
    if (known === undefined) return this.started(position, w);
    const misfit = tensorsOf(known).find(({ shape }) => !tf.util.arraysEqual(shape, w.shape));
    if (misfit || !(known.loaded || known.name === w.name)) {
      const { shape } = misfit ?? (tensorsOf(known)[0] as tf.Tensor);
      throw wrongOptimizerState(
        this.owner,
        `the state of ${w.name} [${w.shape.join(', ')}] at position ${position}`,
        `that of ${known.name} [${shape.join(', ')}]`,
      );
    }
    return Object.assign(known, { name: w.name, loaded: false }).state;
  }

  private started(position: number, w: tf.Variable): S {
    // Beside others it is laid out as they are, or what is saved could not be loaded.
    const kinds = this.slots[0] ? Object.keys(this.slots[0].state) : this.layouts[0];
    const zeros = () => tf.tidy(() => tf.variable(tf.zerosLike(w), false));
    const state = stateOf<S>(kinds.map((kind) => [kind, zeros()]));
    if (kinds.length > 0) this.slots[position] = { name: w.name, loaded: false, state };
    return state;
  }

  /**
   * What is kept of these variables; undefined of one that has had no step yet.
   *
   * @throws SAE_STATE where it is that of other variables.
   */
  read(variables: readonly tf.Variable[]): readonly (StateValues<S> | undefined)[] {
    return variables.map((w, position) => {
      if (!this.has(position)) return undefined;
      const kept = Object.entries(this.of(position, w) as VariableState);
      return Object.fromEntries(kept.map(([kind, values]) => [kind, values.dataSync()])) as never;
    });
  }

  /** Puts copies of these in the place of all that is kept. */
  write(variables: readonly tf.Variable[], all: readonly StateValues<S>[]): void {
    this.dispose();
    this.slots = tf.tidy(() =>
      all.map((values, position) => {
        const { name, shape } = variables[position] as tf.Variable;
        const given = values as { readonly [K in Kind]?: Float32Array };
        const count = Object.keys(given).length;
        const kinds = this.layouts.find(({ length }) => length === count) as readonly Kind[];
        const own = (kind: Kind) => tf.tensor(given[kind] as Float32Array, shape);
        const state = stateOf<S>(kinds.map((kind) => [kind, tf.variable(own(kind), false)]));
        return { name, loaded: false, state };
      }),
    );
  }

  /**
   * Changes some of what is kept of each variable.
   *
   * @param change is given a copy, flat, of one kind of what is kept of the variable at a position
   */
  async change(
    change: (kind: Kind, position: number, values: Float32Array) => void,
  ): Promise<void> {
    for (const [position, slot] of this.slots.entries()) {
      for (const [kind, kept] of Object.entries(slot?.state ?? {}) as [Kind, tf.Variable][]) {
        const values = Float32Array.from(await kept.data());
        change(kind, position, values);
        tf.tidy(() => kept.assign(tf.tensor(values, kept.shape)));
      }
    }
  }

  /** What is kept before an update. */
  before(): Before {
    const slots = this.slots.slice();
    return variablesBefore(slots.flatMap(tensorsOf), () => {
      tf.dispose(this.slots.filter((slot) => !slots.includes(slot)).flatMap(tensorsOf));
      this.slots = slots;
    });
  }

  /** All of it, variable by variable; the tensors stay its own. */
  named(): NamedTensor[] {
    return this.slots.flatMap(({ name, state }) =>
      Object.entries(state).map(([kind, tensor]) => ({ name: `${name}/${kind}`, tensor })),
    );
  }

  /**
   * Takes what {@link named} gave, for the variables of another time.
   *
   * @throws SAE_STATE where it is not laid out as such a state.
   */
  load(tensors: readonly NamedTensor[]): void {
    const layout = this.layoutOf(tensors);
    const slots: Slot<S>[] = [];
    for (let i = 0; i < tensors.length; i += layout.length) {
      const own = layout.map((kind, k) => {
        const { tensor } = tensors[i + k] as NamedTensor;
        return [kind, tf.variable(tensor, false)] as const;
      });
      slots.push({ name: stem(tensors[i]), loaded: true, state: stateOf<S>(own) });
    }
    this.dispose(); // not before: these may be its own tensors
    this.slots = slots;
  }

  /** The kinds of which these are, as their names tell. */
  layoutOf(tensors: readonly NamedTensor[]): readonly Kind[] {
    const layout = this.layouts.find((kinds) => isLaidOut(tensors, kinds));
    if (layout === undefined) throw this.wrong(tensors);
    return layout;
  }

  /** The error for tensors behind the step count that are no such state. */
  wrong(tensors: readonly NamedTensor[], all = tensors.length + 1): SAEError {
    const counts = this.layouts.map(({ length }) => length);
    const isCount = counts.some((count) => count > 0 && tensors.length % count === 0);
    const names = tensors.slice(0, 4).map(({ name }) => JSON.stringify(name));
    const moments = counts.at(-1) === 1 ? 'moment' : 'moments';
    return wrongOptimizerState(
      this.owner,
      `the step count and ${counts.join(' or ')} ${moments} a variable`,
      isCount && names.length > 0 ? `moments named ${names.join(', ')}` : `${all} tensors`,
    );
  }

  dispose(): void {
    tf.dispose(this.slots.flatMap(tensorsOf));
    this.slots = [];
  }
}

const tensorsOf = ({ state }: Slot<VariableState>): tf.Variable[] => Object.values(state);
const stateOf = <S>(kinds: readonly (readonly [string, tf.Variable])[]): S =>
  Object.fromEntries(kinds) as S;

/** The variable's name in that of a tensor of its state. */
const stem = (tensor: NamedTensor | undefined) => (tensor?.name ?? '').replace(/\/[^/]*$/, '');

/** Whether these are, by their names, the states of variables of which so much is kept. */
function isLaidOut(tensors: readonly NamedTensor[], kinds: readonly Kind[]): boolean {
  const { length } = kinds;
  if (length === 0 || tensors.length % length !== 0) return tensors.length === 0;
  return tensors.every(
    ({ name }, i) => name === `${stem(tensors[i - (i % length)])}/${kinds[i % length]}`,
  );
}
