import { badContent, unsupportedDictionary } from '../../errors';
import { show } from '../../errors/words';

/** A configuration from an untrusted file, with checked access to its entries. */
export class Config {
  constructor(
    /** How errors refer to it: `cfg.json`. */
    private readonly name: string,
    readonly entries: Readonly<Record<string, unknown>>,
  ) {}

  /** Returns an entry; undefined if it is missing or null. */
  value(key: string): unknown {
    return Object.hasOwn(this.entries, key) ? (this.entries[key] ?? undefined) : undefined;
  }

  /**
   * Returns an integer above 0. @throws SAE_FILE for anything else, and if it is missing without a
   * fallback.
   */
  count(key: string, fallback?: number): number {
    const value = this.value(key) ?? fallback;
    if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
    throw this.wrong(key, 'an integer above 0', value);
  }

  /** Returns a finite number; undefined if it is missing. @throws SAE_FILE for anything else. */
  number(key: string): number | undefined {
    const value = this.value(key);
    if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value;
    throw this.wrong(key, 'a finite number', value);
  }

  /** Returns true or false. @throws SAE_FILE for anything else. */
  flag(key: string, fallback: boolean): boolean {
    const value = this.value(key) ?? fallback;
    if (typeof value === 'boolean') return value;
    throw this.wrong(key, 'true or false', value);
  }

  /** Returns a text; undefined if it is missing. @throws SAE_FILE for anything else. */
  text(key: string): string | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === 'string') return value;
    throw this.wrong(key, 'a text', value);
  }

  /** @throws SAE_UNSUPPORTED if it has a value that this library cannot compute. */
  allowOnly(key: string, allowed: readonly unknown[], advice: string): void {
    const value = this.value(key);
    if (value === undefined || allowed.includes(value)) return;
    const expected = `${this.name} with ${key} ${allowed.map((one) => show(one)).join(' or ')}`;
    throw unsupportedDictionary(expected, show(value), advice);
  }

  /** Returns an error about one of its entries. */
  wrong(key: string, expected: string, received: unknown) {
    const advice = 'Download it again, or correct it.';
    return badContent(`${this.name} with ${key}: ${expected}`, show(received), advice);
  }
}
