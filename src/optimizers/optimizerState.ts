import * as tf from '@tensorflow/tfjs-core';
import { type SAEError, wrongOptimizerState } from '../errors';
import { type Before, variablesBefore } from './before';

/** A tensor with its name in files. */
export type NamedTensor = Parameters<tf.Optimizer['setWeights']>[0][number];

/** A kind of state of a variable, which is the ending of its name in files: the moments. */
export type Kind = 'm' | 'v' | 'average';

/** The state of one variable. */
export type VariableState = { readonly [K in Kind]?: tf.Variable };

/** The state of one variable as numbers, flat. */
export type StateValues<S extends VariableState> = { readonly [K in keyof S]: Float32Array };

/** The state of the variable at one position. */
interface Slot<S extends VariableState> {
  /** The variable's name, or for a state from a file, its name there. */
  name: string;
  /** Whether it comes from a file, and no variable has claimed it yet. */
  loaded: boolean;
  /** The tensors, in the order of the layout. */
  readonly state: S;
}

/**
 * An optimizer's state of each variable. It is assigned by position, since tfjs renames variables
 * that it loads.
 */
export class OptimizerState<S extends VariableState> {
  private slots: Slot<S>[] = [];

  /**
   * @param owner the optimizer's name, for errors
   * @param layouts the possible kinds of state per variable: new variables use the first layout,
   *   files may have any
   */
  constructor(
    private readonly owner: string,
    private readonly layouts: readonly [readonly Kind[], ...(readonly Kind[])[]],
  ) {}

  /** Returns whether there is a state for the variable at a position. */
  has(position: number): boolean {
    return this.slots[position] !== undefined;
  }

  /**
   * Returns the state of the variable at a position: zeros, or the state from training or a file.
   *
   * @throws SAE_STATE if it belongs to another variable.
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
    // Its layout must equal that of the others, or a saved state could not be loaded.
    const kinds = this.slots[0] ? Object.keys(this.slots[0].state) : this.layouts[0];
    const zeros = () => tf.tidy(() => tf.variable(tf.zerosLike(w), false));
    const state = stateOf<S>(kinds.map((kind) => [kind, zeros()]));
    if (kinds.length > 0) this.slots[position] = { name: w.name, loaded: false, state };
    return state;
  }

  /**
   * Returns the state of these variables; undefined for one that has had no step yet.
   *
   * @throws SAE_STATE if it belongs to other variables.
   */
  read(variables: readonly tf.Variable[]): readonly (StateValues<S> | undefined)[] {
    return variables.map((w, position) => {
      if (!this.has(position)) return undefined;
      const kept = Object.entries(this.of(position, w) as VariableState);
      return Object.fromEntries(kept.map(([kind, values]) => [kind, values.dataSync()])) as never;
    });
  }

  /** Replaces the complete state by copies of these values. */
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
   * Changes parts of each variable's state.
   *
   * @param change receives a flat copy of one kind of state of the variable at a position
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

  /** Returns a snapshot of the state. */
  before(): Before {
    const slots = this.slots.slice();
    return variablesBefore(slots.flatMap(tensorsOf), () => {
      tf.dispose(this.slots.filter((slot) => !slots.includes(slot)).flatMap(tensorsOf));
      this.slots = slots;
    });
  }

  /** Returns the complete state, variable by variable; the tensors remain its own. */
  named(): NamedTensor[] {
    return this.slots.flatMap(({ name, state }) =>
      Object.entries(state).map(([kind, tensor]) => ({ name: `${name}/${kind}`, tensor })),
    );
  }

  /**
   * Loads the result of {@link named} from an earlier session.
   *
   * @throws SAE_STATE if it does not have the layout of such a state.
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
    this.dispose(); // only now, since these may be its own tensors
    this.slots = slots;
  }

  /** Returns the kinds of these tensors, according to their names. */
  layoutOf(tensors: readonly NamedTensor[]): readonly Kind[] {
    const layout = this.layouts.find((kinds) => isLaidOut(tensors, kinds));
    if (layout === undefined) throw this.wrong(tensors);
    return layout;
  }

  /** Returns the error for tensors after the step count that are not such a state. */
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

/** Returns the variable's name from that of a tensor of its state. */
const stem = (tensor: NamedTensor | undefined) => (tensor?.name ?? '').replace(/\/[^/]*$/, '');

/** Returns whether these are, judging by name, the states of variables with these kinds. */
function isLaidOut(tensors: readonly NamedTensor[], kinds: readonly Kind[]): boolean {
  const { length } = kinds;
  if (length === 0 || tensors.length % length !== 0) return tensors.length === 0;
  return tensors.every(
    ({ name }, i) => name === `${stem(tensors[i - (i % length)])}/${kinds[i % length]}`,
  );
}
