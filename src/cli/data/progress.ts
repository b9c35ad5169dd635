import { SingleBar } from 'cli-progress';
import { BAR, LINE_EVERY_MS, timeLeft } from '../progressParts';
import { count } from '../wording';

/** Shows the progress of a pass over rows. */
export interface RowProgress {
  /** Called after each batch. */
  rows(done: number): void;
  /** Called before anything else is printed. */
  stop(): void;
}

/** Shows a bar in a terminal, or an occasional line if the output goes to a file or a CI log. */
export function rowProgress(output: NodeJS.WriteStream, all: number): RowProgress {
  return output.isTTY ? bar(output, all) : lines(output, all);
}

function bar(stream: NodeJS.WriteStream, all: number): RowProgress {
  const left = timeLeft(all);
  const shown = new SingleBar({
    stream,
    format: `{bar} row {done} of ${count(all)}, {left}`,
    ...BAR,
  });
  shown.start(all, 0, { done: 0, left: 'starting' });
  return {
    rows: (done) => shown.update(done, { done: count(done), left: left(done) }),
    stop: () => shown.stop(),
  };
}

function lines(output: NodeJS.WriteStream, all: number): RowProgress {
  const left = timeLeft(all);
  let next = Date.now() + LINE_EVERY_MS;
  return {
    rows: (done) => {
      if (Date.now() < next) return;
      next = Date.now() + LINE_EVERY_MS;
      output.write(`row ${count(done)} of ${count(all)}, ${left(done)}\n`);
    },
    stop: () => {},
  };
}
