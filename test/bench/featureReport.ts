import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { splitRows } from '../../src/activations/shuffle';
import {
  ALL_IMAGES,
  HELD_OUT_IMAGES,
  IMAGE_SIZE,
  readFashionMnist,
} from '../../src/cli/data/fashionMnist';
import { median, type Timing } from './contestant';
import { atMost, difference, megabytes, seconds, table } from './figures';
import { THREADS } from './lineup';
import { ProcessContestant } from './processContestant';
import { inRounds } from './rounds';
import { trainedModel } from './trainedModel';

/** What a feature report of the quickstart's model came to. */
export interface ReportResult {
  /** The report, and the codes that it is made of. */
  readonly timings: readonly Timing[];
  /** The most memory of a process that makes one, and of it what it had with model and images. */
  readonly memory: readonly {
    readonly name: string;
    readonly peak: number;
    readonly before: number;
  }[];
}

export const REPORT_NAMES = {
  report: 'featureReport, wasm',
  codes: 'of it encodeSparse',
} as const;

const turns = join(__dirname, 'reportTurns.mjs');

/** Reports on the held-out images of Fashion-MNIST, each time in full. */
export async function measuredReport(
  cache: string,
  rounds: number,
  say: (line: string) => void,
): Promise<ReportResult> {
  const folder = join(cache, 'quickstart');
  const { model, seed } = await trainedModel(folder, say);
  model.dispose();
  const images = join(cache, 'held-out.bin');
  await writeHeldOut(images, seed);
  const contestants: ProcessContestant[] = [];
  for (const [what, name] of Object.entries(REPORT_NAMES)) {
    const args = [turns, what, join(folder, 'model'), images, 'wasm'];
    contestants.push(await ProcessContestant.start(name, process.execPath, args, THREADS));
  }
  try {
    const { timings } = await inRounds(contestants, rounds, (line) =>
      say(`a feature report: ${line}`),
    );
    const memory = contestants.map(({ name, bytes, bytesBefore }) => ({
      name,
      peak: bytes,
      before: bytesBefore,
    }));
    return { timings, memory };
  } finally {
    for (const contestant of contestants) await contestant.end();
  }
}

/** Each image's bytes, and its label after them. */
async function writeHeldOut(file: string, seed: number): Promise<void> {
  const { pixels, labels } = await readFashionMnist([__dirname]);
  const { heldOut } = splitRows(ALL_IMAGES, HELD_OUT_IMAGES, seed);
  const bytes = new Uint8Array(heldOut.length * (IMAGE_SIZE + 1));
  heldOut.forEach((image, row) => {
    const start = row * (IMAGE_SIZE + 1);
    bytes.set(pixels.subarray(image * IMAGE_SIZE, (image + 1) * IMAGE_SIZE), start);
    bytes[start + IMAGE_SIZE] = labels[image] as number;
  });
  writeFileSync(file, bytes);
}

/** The seconds that a report takes; undefined where it was not measured. */
export function reportSeconds(result: ReportResult | undefined): number | undefined {
  const found = result?.timings.find(({ name }) => name === REPORT_NAMES.report);
  return found && median(found.rounds) / 1000;
}

export function reportTable({ timings, memory }: ReportResult): string {
  const whole = median(timings[0]?.rounds ?? []);
  const rows = timings.map(({ name, rounds }) => {
    const { peak = 0, before = 0 } = memory.find((one) => one.name === name) ?? {};
    return [
      name,
      seconds(median(rounds)),
      `${seconds(Math.min(...rounds))} to ${seconds(Math.max(...rounds))}`,
      atMost(median(rounds) / whole),
      megabytes(peak),
      megabytes(before),
    ];
  });
  return table(['', 's', 'fastest to slowest', ': the first row', 'memory', 'before it'], rows);
}

/** Whoever did not come to the same mean L0 as the first. */
export function differentCodes({ timings }: ReportResult): string[] {
  const [first] = timings;
  return timings
    .filter(({ firstLoss }) => difference(firstLoss, first?.firstLoss ?? 0) > 1e-6)
    .map(({ name }) => name);
}
