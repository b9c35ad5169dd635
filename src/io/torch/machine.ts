import { unsupportedPickle } from '../../errors';
import { knownBy, storageBy } from './known';
import { malformed } from './pickleBytes';
import {
  DATA,
  Known,
  type Pickled,
  PickledDict,
  PickledList,
  type PickledStorage,
  type PickledTuple,
} from './pickled';

/** An attribute of a state_dict: versions of its modules, which do not concern its tensors. */
const IGNORED = '_metadata';

const missing = () => malformed('one that takes what is not there');

/** The stack machine that assembles a pickle's values. It calls nothing, and copies no value. */
export class Machine {
  /** The storages that were named, once per occurrence. */
  readonly storages: PickledStorage[] = [];
  readonly #stack: Pickled[] = [];
  /** The height of the stack at each mark. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, Pickled>();

  /** Returns the one value that is left at the end. */
  result(): Pickled {
    const value = this.#pop();
    if (this.#stack.length > 0 || this.#marks.length > 0) throw malformed('more than one value');
    return value;
  }

  push(value: Pickled): void {
    this.#stack.push(value);
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  /** Pops values from the top, all above the last mark. */
  take(count: number): Pickled[] {
    const start = this.#stack.length - count;
    if (start < (this.#marks.at(-1) ?? 0)) throw missing();
    return this.#stack.splice(start);
  }

  /** Pops all values above the last mark, and the mark. */
  takeMarked(): Pickled[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw missing();
    return this.#stack.splice(mark);
  }

  #pop = () => this.take(1)[0] as Pickled;

  #top(): Pickled {
    const value = this.#pop();
    this.#stack.push(value);
    return value;
  }

  /** @param index the key to find it by; the next free one by default */
  remember(index = this.#memo.size): void {
    this.#memo.set(index, this.#top());
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw missing();
    this.push(value);
  }

  append(values: readonly Pickled[]): void {
    const list = this.#top();
    if (!(list instanceof PickledList)) throw malformed('items of something that is no list');
    for (const value of values) list.items.push(value);
  }

  /** @param values keys, each followed by its value */
  setItems(values: readonly Pickled[]): void {
    const dict = this.#top();
    if (!(dict instanceof PickledDict)) throw malformed('entries of something that is no dict');
    if (values.length % 2 > 0) throw malformed('a key without a value');
    for (let i = 0; i < values.length; i += 2) {
      dict.entries.push([values[i] as Pickled, values[i + 1] as Pickled]);
    }
  }

  /** Replaces the two texts on the stack by what they name. */
  name(): void {
    const [module, name] = this.take(2);
    if (typeof module !== 'string' || typeof name !== 'string') {
      throw malformed('a name that is no text');
    }
    this.push(knownBy(module, name));
  }

  /** Replaces the persistent id on the stack by its storage. */
  storage(): void {
    const storage = storageBy(this.#pop());
    this.storages.push(storage);
    this.push(storage);
  }

  /** Applies a function of the list to the tuple above it. */
  reduce(): void {
    const [called, values] = this.take(2);
    if (!(called instanceof Known) || called.call === undefined) {
      const received = called instanceof Known ? `a call of ${called.name}` : 'a call of data';
      throw unsupportedPickle(DATA, received);
    }
    if (!Array.isArray(values)) throw malformed(`a call of ${called.name} without a tuple`);
    this.push(called.call(values as PickledTuple));
  }

  /** Handles attributes of the object on the stack: a state_dict has one, which is dropped. */
  build(): void {
    const [object, state] = this.take(2);
    const isStateDict =
      object instanceof PickledDict &&
      state instanceof PickledDict &&
      state.entries.every(([name]) => name === IGNORED);
    if (!isStateDict) throw unsupportedPickle(DATA, 'an object with attributes');
    this.push(object);
  }
}
