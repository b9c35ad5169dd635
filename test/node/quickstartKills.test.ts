import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ownTemp } from '../../src/io/files/names';

/** `npm run test:matrix` asks for more. */
const KILLS = Number(process.env['QUICKSTART_KILLS'] ?? 25);
jest.setTimeout(KILLS * 11_000);
const STEPS_PER_EPOCH = 50;
const ROOT = join(__dirname, '..', '..');

let root: string;
let program: string;
beforeAll(async () => {
  root = fs.mkdtempSync(join(tmpdir(), 'gated-sae-kills-'));
  // Where its packages are found.
  program = join(ROOT, '.cache', `run-of-kills-${process.pid}.cjs`);
  await build({
    entryPoints: [join(__dirname, 'runOfKills.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    packages: 'external',
    logLevel: 'error',
  });
});
afterAll(() => {
  fs.rmSync(root, { recursive: true, force: true });
  fs.rmSync(program, { force: true });
});

/** What a run leaves, to the last bit. */
function outcomeOf(out: string): Record<string, string> {
  const model = join(out, 'model');
  const { weightsManifest } = JSON.parse(fs.readFileSync(join(model, 'model.json'), 'utf8')) as {
    weightsManifest: { paths: string[] }[];
  };
  const weights = weightsManifest.flatMap(({ paths }) => paths);
  return {
    files: fs.readdirSync(out).sort().join(),
    modelFiles: String(fs.readdirSync(model).length),
    losses: fs.readFileSync(join(out, 'loss.csv'), 'utf8'),
    weights: weights.map((path) => fs.readFileSync(join(model, path), 'base64')).join(),
  };
}

/** A process that has ended. */
interface Ended {
  code: number | null;
  stderr: string;
  /** The step that it began at and those it took, and when, in milliseconds; none without training. */
  steps: [step: number, time: number][];
}

/** Runs; `onTraining` is called when training begins. What is killed at a step kills itself. */
function run(
  out: string,
  onTraining: (child: ChildProcess) => void = () => {},
  killedAt = '',
): Promise<Ended> {
  const env = { ...process.env, KILLED_AT: killedAt };
  const child = spawn(process.execPath, [program, out], { stdio: ['ignore', 'pipe', 'pipe'], env });
  let [stdout, stderr] = ['', ''];
  child.stdout.once('data', () => onTraining(child));
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  return new Promise((resolve) =>
    child.on('close', (code) => {
      const lines = stdout.split('\n').slice(0, -1); // the last may have been cut off
      const steps = lines.map((line) => line.split(' ').map(Number) as [number, number]);
      resolve({ code, stderr, steps });
    }),
  );
}

/** Milliseconds of training that a process had done when it was killed, and that are done again. */
function lossOf(killed: Ended, next: Ended): number {
  const [first, last, resumed] = [killed.steps[0], killed.steps.at(-1), next.steps[0]];
  if (!first || !last || !resumed) return 0; // all had been trained
  const [, kept] = killed.steps.filter(([step]) => step <= resumed[0]).at(-1) ?? first;
  return last[1] - kept;
}

test(`killed at any of ${KILLS} moments, a run goes on and ends as if nothing had been`, async () => {
  const whole = join(root, 'whole');
  const first = await run(whole);
  expect(first).toMatchObject({ code: 0, stderr: '' });
  const milliseconds = (first.steps.at(-1)?.[1] ?? 0) - (first.steps[0]?.[1] ?? 0);
  const expected = outcomeOf(whole);
  const found = { cut: 0, inFirstEpoch: 0, inSaving: 0, longestLoss: 0 };
  for (let killed = 0, number = 0; killed < KILLS; number++) {
    const out = join(root, `run-${number}`);
    let before: Ended | undefined;
    for (let code: number | null = null; code === null; ) {
      // Evenly over what a run takes, each time elsewhere in it: by the golden ratio.
      const share = (0.618034 * ++killed) % 1;
      const kill = (child: ChildProcess) => {
        if (killed <= KILLS) setTimeout(() => child.kill('SIGKILL'), share * milliseconds);
      };
      // One is in the first epoch, however slow it is until a process is killed.
      const ended = await (killed === 1 ? run(out, undefined, '20') : run(out, kill));
      if (before) found.longestLoss = Math.max(found.longestLoss, lossOf(before, ended));
      before = ended;
      code = ended.code;
      if (code === null) {
        found.cut += 1;
        if ((ended.steps.at(-1)?.[0] ?? 0) < STEPS_PER_EPOCH) found.inFirstEpoch += 1;
        if (isInSaving(join(out, 'checkpoints'))) found.inSaving += 1;
      } else expect(ended).toMatchObject({ code: 0, stderr: '' });
    }
    expect(outcomeOf(out)).toEqual(expected);
    fs.rmSync(out, { recursive: true });
  }
  expect(found.cut).toBeGreaterThan(KILLS / 3);
  expect(found.inFirstEpoch).toBeGreaterThan(0);
  if (KILLS >= 200) expect(found.inSaving).toBeGreaterThan(0);
  writeFigures(found.longestLoss, found);
});

/** For the line that a suite prints at its end. */
function writeFigures(milliseconds: number, { cut, inFirstEpoch, inSaving }: Counts): void {
  const folder = join(ROOT, '.cache', 'figures');
  const counts = `${inFirstEpoch} in the first epoch, ${inSaving} in a save`;
  const row = {
    quantity: `longest loss, of a checkpoint each 0.02 s; ${counts}`,
    value: milliseconds / 1000,
    limit: 30,
  };
  fs.mkdirSync(folder, { recursive: true });
  const figures = { title: `${cut} kills of the quickstart`, unit: 's', rows: [row] };
  fs.writeFileSync(join(folder, 'quickstartKills.json'), JSON.stringify(figures));
}

type Counts = Record<'cut' | 'inFirstEpoch' | 'inSaving', number>;

/** Whether a checkpoint was being written. */
const isInSaving = (folder: string) =>
  fs.existsSync(folder) && fs.readdirSync(folder).some((name) => ownTemp(name) !== undefined);
