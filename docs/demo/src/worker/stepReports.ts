import type { Report, StepRow } from '../protocol';

/** Seconds from one report to the next: the page has more to do than to read them. */
const EVERY = 0.2;

/** Tells of training's steps, several at a time. */
export class StepReports {
  private rows: StepRow[] = [];
  private last = performance.now();

  constructor(private readonly tell: (report: Report) => void) {}

  add(row: StepRow): void {
    this.rows.push(row);
    if (performance.now() - this.last >= 1000 * EVERY) this.flush();
  }

  /** Tells at once what has not been told. */
  flush(): void {
    if (this.rows.length > 0) this.tell({ report: 'steps', rows: this.rows });
    this.rows = [];
    this.last = performance.now();
  }
}
