/**
 * Makes `instanceof` work between copies of this library: an import and a require in one process,
 * two versions, two script tags. Instances of a class with that name, in any copy, carry its brand.
 * Subclasses are still recognized by their prototype.
 *
 * @param cls the class in this copy
 * @param name the name that identifies the class in all copies: its own
 */
export function brand(cls: { readonly prototype: object }, name: string): void {
  const mark = Symbol.for(`gated-sae-tfjs.${name}`);
  Object.defineProperty(cls.prototype, mark, { value: true });
  Object.defineProperty(cls, Symbol.hasInstance, {
    value(this: { readonly prototype: object }, thing: unknown): boolean {
      if (thing === null || typeof thing !== 'object') return false;
      return this === cls
        ? mark in thing
        : Object.prototype.isPrototypeOf.call(this.prototype, thing);
    },
  });
}
