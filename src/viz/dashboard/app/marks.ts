import type { DashboardData } from './dashboardData';
import { type Mark, readMarks, writeMarks } from './marksText';

const KEY = 'gated-sae-dashboard-marks';

/** Stars and notes, which the browser keeps with the report, under whatever name its file has. */
export class Marks {
  private marks = new Map<number, Mark>();
  private readonly key: string;
  private readonly listeners: (() => void)[] = [];
  /** Whether the browser has kept them; a page from disk may be refused it. */
  isKept = true;

  constructor(private readonly data: DashboardData) {
    this.key = `${KEY}:${fingerprint(data)}`;
    this.recall();
    // Of the same page in another window.
    window.addEventListener('storage', ({ key }) => {
      if (key !== this.key) return;
      this.recall();
      this.tell();
    });
  }

  /** Calls whenever something has changed. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  isStarred(feature: number): boolean {
    return this.marks.get(feature)?.starred === true;
  }

  note(feature: number): string {
    return this.marks.get(feature)?.note ?? '';
  }

  get stars(): number {
    return [...this.marks.values()].filter(({ starred }) => starred).length;
  }

  get notes(): number {
    return [...this.marks.values()].filter(({ note }) => note !== '').length;
  }

  toggle(feature: number): void {
    this.set({ feature, note: this.note(feature), starred: !this.isStarred(feature) });
  }

  write(feature: number, note: string): void {
    this.set({ feature, note, starred: this.isStarred(feature) });
  }

  /** All of them as a file's text. */
  toText(): string {
    const { name, className, features } = this.data.head.model;
    const marks = [...this.marks.values()].sort((a, b) => a.feature - b.feature);
    return writeMarks({ name, className, features }, marks);
  }

  /**
   * Takes those of a file, which win over those that are there; says how many features they are of.
   *
   * @throws Error for a text that is none
   */
  take(text: string): number {
    const given = readMarks(text).filter(({ feature }) => this.data.indexOf(feature) !== undefined);
    for (const mark of given) this.marks.set(mark.feature, mark);
    this.keep();
    this.tell();
    return given.length;
  }

  private set(mark: Mark): void {
    if (mark.starred || mark.note !== '') this.marks.set(mark.feature, mark);
    else this.marks.delete(mark.feature);
    this.keep();
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }

  private recall(): void {
    try {
      const text = localStorage.getItem(this.key);
      const marks = text === null ? [] : readMarks(text);
      this.marks = new Map(marks.map((mark) => [mark.feature, mark]));
    } catch {
      this.isKept = false;
    }
  }

  private keep(): void {
    try {
      localStorage.setItem(this.key, this.toText());
      this.isKept = true;
    } catch {
      this.isKept = false;
    }
  }
}

/** A number that other reports do not have: FNV-1a over what a report is of, and over some of its numbers. */
function fingerprint({ head, columns }: DashboardData): string {
  const { name, className, features } = head.model;
  let hash = 0x811c9dc5;
  const add = (value: number) => {
    hash = Math.imul(hash ^ value, 0x01000193) >>> 0;
  };
  const about = JSON.stringify([name, className, features, head.data.rows, head.l0.mean]);
  for (let i = 0; i < about.length; i++) add(about.charCodeAt(i));
  for (const column of [columns.feature, columns.density, columns.max]) {
    const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
    for (const byte of bytes) add(byte);
  }
  return `${hash.toString(16)}-${features}`;
}
