import type { StepRow } from '../protocol';
import { element } from './elements';
import { duration } from './numbers';

/** Steps over which the speed is taken for the time left. */
const RECENT = 100;

/** How far training is, and how long it still takes. */
export class Progress {
  private readonly bar = element('progress', HTMLProgressElement);
  private readonly text = element('progress-text', HTMLElement);
  private readonly field = element('progress-field', HTMLElement);
  private recent: number[] = [];
  private last: StepRow | undefined;
  private steps = 0;
  private epochs = 0;

  start(steps: number, stepsPerEpoch: number): void {
    this.recent = [];
    this.last = undefined;
    this.steps = steps;
    this.epochs = steps / stepsPerEpoch;
    this.field.hidden = false;
    this.bar.max = steps;
    this.bar.value = 0;
    this.text.textContent = 'Starting from the mean picture…';
  }

  clear(): void {
    this.field.hidden = true;
  }

  show(rows: readonly StepRow[]): void {
    if (rows.length === 0) return;
    this.last = rows.at(-1) ?? this.last;
    this.recent = [...this.recent, ...rows.map(({ seconds }) => seconds)].slice(-RECENT);
    const mean = this.recent.reduce((a, b) => a + b, 0) / this.recent.length;
    this.write(({ step }) => `${duration((this.steps - step) * mean)} left`);
  }

  /** Nothing more comes. */
  end(): void {
    this.write(() => 'stopped');
  }

  private write(whatOfTheRest: (last: StepRow) => string): void {
    const { last, steps, epochs } = this;
    if (last === undefined) return;
    const rest = last.step === steps ? 'done' : whatOfTheRest(last);
    this.bar.value = last.step;
    this.text.textContent = `Epoch ${last.epoch} of ${epochs} · step ${last.step.toLocaleString('en')} of ${steps.toLocaleString('en')} · ${rest}`;
    // For whoever asks the bar: how far, not only how much.
    this.bar.setAttribute('aria-valuetext', `step ${last.step} of ${steps}, ${rest}`);
    this.field.dataset['step'] = String(last.step);
  }
}
