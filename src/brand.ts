/**
 * Has `instanceof` hold between copies of this library: an import and a require of it in one process,
 * two versions, two script tags. What a class of that name has made, in any copy, bears its brand.
 * Classes that extend it are told by their prototype, as ever.
 *
 * @param cls the class, of this copy
 * @param name by which its copies know each other: the class's own
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
