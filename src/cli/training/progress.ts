import { SingleBar } from 'cli-progress';
import type { LossRow } from '../../viz/lossCurve';
import { BAR, LINE_EVERY_MS, timeLeft } from '../progressParts';
import { digits } from '../wording';

/** Shows the progress of training. */
export interface TrainingProgress {
  /** Called after each step. */
  step(row: LossRow): void;
  /** Called before anything else is printed. */
  stop(): void;
}

/** The amount of work. */
export interface Work {
  epochs: number;
  steps: number;
  /** Steps taken in an earlier session. */
  stepsBefore: number;
}

/** Shows a bar in a terminal, or an occasional line if the output goes to a file or a CI log. */
export function trainingProgress(output: NodeJS.WriteStream, work: Work): TrainingProgress {
  return output.isTTY ? bar(output, work) : lines(output, work);
}

function bar(stream: NodeJS.WriteStream, work: Work): TrainingProgress {
  const left = timeLeft(work.steps, work.stepsBefore);
  const shown = new SingleBar({
    stream,
    format: `epoch {epoch}/${work.epochs} {bar} step {value}/{total}, {left}, {numbers}`,
    ...BAR,
  });
  // A resumed run may have nothing left to do but the report.
  if (work.stepsBefore < work.steps) {
    shown.start(work.steps, work.stepsBefore, { epoch: '…', left: 'starting', numbers: '' });
  }
  return {
    step: (row) =>
      shown.update(row.step, { epoch: row.epoch, left: left(row.step), numbers: numbers(row) }),
    stop: () => shown.stop(),
  };
}

function lines(output: NodeJS.WriteStream, work: Work): TrainingProgress {
  const left = timeLeft(work.steps, work.stepsBefore);
  let next = 0;
  return {
    step: (row) => {
      if (Date.now() < next && row.step !== work.steps) return;
      next = Date.now() + LINE_EVERY_MS;
      const where = `epoch ${row.epoch}/${work.epochs}, step ${row.step}/${work.steps}`;
      output.write(`${where}, ${left(row.step)}, ${numbers(row)}\n`);
    },
    stop: () => {},
  };
}

/** Numbers shown elsewhere in the line, or of less interest while waiting. */
const NOT_AMONG_NUMBERS = ['epoch', 'step', 'grad_norm'];

/** Formats the loss, its terms and the learning rate. */
const numbers = (row: LossRow) =>
  Object.entries(row)
    .filter(([name]) => !NOT_AMONG_NUMBERS.includes(name))
    .map(([name, value]) => `${name} ${digits(value)}`)
    .join(', ');
