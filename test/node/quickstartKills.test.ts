import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

jest.setTimeout(280_000);

const KILLS = 25;
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

/** What a run has come to, to the last bit. */
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

/** Runs; `onTraining` is called when training begins. */
function run(out: string, onTraining: (child: ChildProcess) => void = () => {}) {
  const child = spawn(process.execPath, [program, out], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stdout.once('data', () => onTraining(child));
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  return new Promise<{ code: number | null; stderr: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, stderr })),
  );
}

test(`killed at any of ${KILLS} moments, a run goes on and ends as if nothing had been`, async () => {
  const whole = join(root, 'whole');
  let begun = 0;
  const first = await run(whole, () => {
    begun = performance.now();
  });
  expect(first).toEqual({ code: 0, stderr: '' });
  const milliseconds = performance.now() - begun;
  const expected = outcomeOf(whole);
  let cut = 0;
  for (let killed = 0, number = 0; killed < KILLS; number++) {
    const out = join(root, `run-${number}`);
    for (let code: number | null = null; code === null; ) {
      // Evenly over what a run takes, each time elsewhere in it: by the golden ratio.
      const share = (0.618034 * ++killed) % 1;
      const ended = await run(out, (child) => {
        if (killed <= KILLS) setTimeout(() => child.kill('SIGKILL'), share * milliseconds);
      });
      ({ code } = ended);
      if (code === null) cut += 1;
      else expect(ended).toEqual({ code: 0, stderr: '' });
    }
    expect(outcomeOf(out)).toEqual(expected);
  }
  expect(cut).toBeGreaterThan(KILLS / 3);
});
