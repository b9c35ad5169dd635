import { GLOBAL_HEAP_BYTES, padded, SIGNATURES } from './format';
import { broken, type Metadata, signature, uint64 } from './metadata';

/** The objects of a heap, by number. */
type Objects = ReadonlyMap<number, { readonly at: number; readonly bytes: number }>;

const OBJECT_BYTES = 16;

/** Texts of any length, which are stored together in heaps; each heap is scanned once. */
export class GlobalHeaps {
  readonly #heaps = new Map<number, Objects>();

  constructor(readonly metadata: Metadata) {}

  /**
   * Returns an object from the heap at an address, by its number.
   *
   * @param what whose text it is, for errors
   * @param most the greatest length
   * @throws SAE_FILE if it does not exist.
   */
  async read(at: number, number: number, what: string, most: number): Promise<Uint8Array> {
    let objects = this.#heaps.get(at);
    if (objects === undefined) {
      this.metadata.visit(at, what);
      objects = await this.#objectsAt(at, what);
      this.#heaps.set(at, objects);
    }
    const object = objects.get(number);
    if (object === undefined || object.bytes > most) throw this.#lost(what);
    return this.metadata.bytes(object.at, object.bytes, what);
  }

  async #objectsAt(at: number, what: string): Promise<Objects> {
    const head = await this.metadata.view(at, GLOBAL_HEAP_BYTES, what);
    if (signature(head, 0, 4) !== SIGNATURES.globalHeap || head.getUint8(4) !== 1) {
      throw this.#lost(what);
    }
    const end = at + uint64(head, 8);
    this.metadata.checkInside(at, end - at, what);
    const objects = new Map<number, { at: number; bytes: number }>();
    for (let next = at + GLOBAL_HEAP_BYTES; next + OBJECT_BYTES <= end; ) {
      const view = await this.metadata.view(next, OBJECT_BYTES, what);
      const number = view.getUint16(0, true);
      const bytes = uint64(view, 8);
      // Number 0 marks free space, up to the end.
      if (number === 0) break;
      next += OBJECT_BYTES;
      if (next + bytes > end) throw this.#lost(what);
      objects.set(number, { at: next, bytes });
      next += padded(bytes);
    }
    return objects;
  }

  #lost(what: string) {
    return broken(what, 'no text where it should be');
  }
}
