import { SingleBar } from 'cli-progress';
import type { HubOptions } from '../../io/hub/settings';
import { shortened } from '../printable';
import { BAR, rate, timeLeft } from '../progressParts';

/** Shows how far files from the hub are. */
export interface DownloadProgress {
  readonly onProgress: NonNullable<HubOptions['onProgress']>;
  /** Before anything else is printed; nothing is shown from then on. */
  stop(): void;
}

/** A file that is shown now. */
interface Download {
  readonly path: string;
  readonly bar: SingleBar;
  /** Bytes that have come of it. */
  done: number;
  readonly speed: (done: number) => number;
  readonly left: (done: number) => string;
}

const MB = 1e6;
/** A longer name would push the numbers out of sight. */
const MOST_NAME = 32;

/**
 * A bar in a terminal for the file that comes, which leaves no line behind; nothing elsewhere.
 *
 * @returns undefined where the output is no terminal
 */
export function downloadProgress(output: NodeJS.WriteStream): DownloadProgress | undefined {
  if (!output.isTTY) return undefined;
  let now: Download | undefined;
  let isOver = false;
  const end = () => {
    now?.bar.stop();
    now = undefined;
  };
  return {
    onProgress: (fraction, path, size) => {
      if (isOver) return;
      const done = Math.round(fraction * size);
      // Parts of it that were read before all of it is downloaded are no beginning of that.
      if (now && (now.path !== path || done < now.done)) end();
      if (fraction === 1) return end();
      if (now === undefined) now = begun(output, path, size, done);
      else show(now, done);
    },
    stop: () => {
      isOver = true;
      end();
    },
  };
}

/** @param before bytes that had come when it was first told of, by an earlier attempt among others */
function begun(stream: NodeJS.WriteStream, path: string, size: number, before: number): Download {
  const bar = new SingleBar({
    stream,
    format: `{bar} {file} {mb} of ${megabytes(size)} MB, {speed}{left}`,
    ...BAR,
    clearOnComplete: true,
    // Its own handler would stop the bar, and nothing else.
    gracefulExit: false,
  });
  const file = shortened(path.slice(path.lastIndexOf('/') + 1), MOST_NAME);
  bar.start(size, before, { file, mb: megabytes(before), speed: '', left: 'starting' });
  return { path, bar, done: before, speed: rate(before), left: timeLeft(size, before) };
}

function show(download: Download, done: number): void {
  const { bar, speed, left } = download;
  download.done = done;
  bar.update(done, {
    mb: megabytes(done),
    speed: `${megabytes(speed(done))} MB/s, `,
    left: left(done),
  });
}

const megabytes = (bytes: number) => (bytes / MB).toFixed(1);
