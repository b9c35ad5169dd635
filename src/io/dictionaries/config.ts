import { badContent, unsupportedDictionary } from '../../errors';
import { show } from '../../errors/words';

/** A configuration from a stranger's file: what it has under a name, checked. */
export class Config {
  constructor(
    /** What errors call it: `cfg.json`. */
    private readonly name: string,
    readonly entries: Readonly<Record<string, unknown>>,
  ) {}

  /** What is there under a name; undefined where it is not, or null. */
  value(key: string): unknown {
    return Object.hasOwn(this.entries, key) ? (this.entries[key] ?? undefined) : undefined;
  }

  /** An integer above 0. @throws SAE_FILE for something else, and where it is not there without a fallback. */
  count(key: string, fallback?: number): number {
    const value = this.value(key) ?? fallback;
    if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
    throw this.wrong(key, 'an integer above 0', value);
  }

  /** A finite number; undefined where it is not there. @throws SAE_FILE for something else. */
  number(key: string): number | undefined {
    const value = this.value(key);
    if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value;
    throw this.wrong(key, 'a finite number', value);
  }

  /** True or false. @throws SAE_FILE for something else. */
  flag(key: string, fallback: boolean): boolean {
    const value = this.value(key) ?? fallback;
    if (typeof value === 'boolean') return value;
    throw this.wrong(key, 'true or false', value);
  }

  /** A text; undefined where it is not there. @throws SAE_FILE for something else. */
  text(key: string): string | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === 'string') return value;
    throw this.wrong(key, 'a text', value);
  }

  /** @throws SAE_UNSUPPORTED where it has a value that is not computed here. */
  allowOnly(key: string, allowed: readonly unknown[], advice: string): void {
    const value = this.value(key);
    if (value === undefined || allowed.includes(value)) return;
    const expected = `${this.name} with ${key} ${allowed.map((one) => show(one)).join(' or ')}`;
    throw unsupportedDictionary(expected, show(value), advice);
  }

  /** An error on one of its entries. */
  wrong(key: string, expected: string, received: unknown) {
    const advice = 'Download it again, or correct it.';
    return badContent(`${this.name} with ${key}: ${expected}`, show(received), advice);
  }
}
