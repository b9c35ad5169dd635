import type { Sparsity, StepRow, Survey } from '../../protocol';

/** A point of a curve. */
export interface Point {
  step: number;
  value: number;
}

/** A step from which on another sparsity was asked for. */
export interface SparsityChange extends Sparsity {
  step: number;
}

/** What the curves take of a survey: its picture is too large to be kept each time. */
type Measured = Pick<Survey, 'step' | 'l0' | 'alive' | 'explained'>;

/** More points than these are drawn as their neighbours' means. */
const MOST_POINTS = 160;
/** Seconds over which the speed is taken. */
const SPEED_OVER = 3;
/** Steps after which a slider has come to rest. */
const SETTLED = 10;

/** What a training has told so far, as curves. */
export class History {
  private rows: StepRow[] = [];
  private surveys: Measured[] = [];

  clear(): void {
    this.rows = [];
    this.surveys = [];
  }

  addSteps(rows: readonly StepRow[]): void {
    this.rows.push(...rows);
  }

  addSurvey({ step, l0, alive, explained }: Survey): void {
    this.surveys.push({ step, l0, alive, explained });
  }

  get isEmpty(): boolean {
    return this.rows.length === 0;
  }

  /** The names of the loss and its terms. */
  get lossNames(): string[] {
    return Object.keys(this.rows[0]?.losses ?? {});
  }

  /** Something of each step, its neighbours' mean where there are many. */
  ofSteps(value: (row: StepRow) => number): Point[] {
    const size = Math.ceil(this.rows.length / MOST_POINTS);
    const points: Point[] = [];
    for (let start = 0; start < this.rows.length; start += size) {
      const part = this.rows.slice(start, start + size);
      points.push({
        step: mean(part.map(({ step }) => step)),
        value: mean(part.map(value)),
      });
    }
    return points;
  }

  ofSurveys(value: (survey: Measured) => number): Point[] {
    return this.surveys.map((survey) => ({ step: survey.step, value: value(survey) }));
  }

  /** Steps in a second, over some seconds each: single steps are too uneven. */
  speed(): Point[] {
    const times = this.ofSteps(({ seconds }) => seconds);
    const speeds: Point[] = [];
    let from = 0;
    let seconds = 0;
    times.forEach(({ step, value }, i) => {
      const steps = (point: number) => (times[point]?.step ?? 0) - (times[point - 1]?.step ?? 0);
      seconds += value * steps(i);
      for (; from < i && seconds > SPEED_OVER; from++) {
        seconds -= (times[from]?.value ?? 0) * steps(from);
      }
      speeds.push({ step, value: (step - (times[from - 1]?.step ?? 0)) / seconds });
    });
    return speeds;
  }

  /** The steps from which on another sparsity has counted, where it then stayed for a while. */
  get changes(): SparsityChange[] {
    const changes = this.rows.filter(
      ({ sparsity }, i) => i > 0 && sparsity.value !== this.rows[i - 1]?.sparsity.value,
    );
    return changes
      .filter(({ step }, i) => (changes[i + 1]?.step ?? Number.POSITIVE_INFINITY) > step + SETTLED)
      .map(({ step, sparsity }) => ({ step, ...sparsity }));
  }
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
