import { SingleBar } from 'cli-progress';
import type { HubOptions } from '../../io/hub/settings';
import { shortened } from '../printable';
import { BAR, rate, timeLeft } from '../progressParts';
import { megabytes } from '../wording';

/** Shows the progress of files from the hub. */
export interface DownloadProgress {
  readonly onProgress: NonNullable<HubOptions['onProgress']>;
  /** Called before anything else is printed; nothing is shown afterwards. */
  stop(): void;
}

/** A file that is currently shown. */
interface Download {
  readonly path: string;
  readonly bar: SingleBar;
  /** The bytes that have arrived. */
  done: number;
  readonly speed: (done: number) => number;
  readonly left: (done: number) => string;
}

/** The longest name: a longer one would push the numbers out of sight. */
const MOST_NAME = 32;

/**
 * Shows a bar in a terminal for the file being downloaded, which leaves no line behind; shows
 * nothing elsewhere.
 *
 * @returns undefined if the output is not a terminal
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
      // Parts that were read before the whole file is downloaded do not count towards it.
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

/**
 * @param before bytes that had arrived when it was first reported, for example in an earlier
 *   attempt
 */
function begun(stream: NodeJS.WriteStream, path: string, size: number, before: number): Download {
  const bar = new SingleBar({
    stream,
    format: `{bar} {file} {mb} of ${megabytes(size)} MB, {speed}{left}`,
    ...BAR,
    clearOnComplete: true,
    // Its own handler would stop only the bar.
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
