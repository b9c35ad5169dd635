import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { examplesPage } from './examplesPage.mts';

/** A short training on Fashion-MNIST: half a minute, and features that one can name. */
const TRAINING = ['--recipe', 'gated-sae-tf', '--quick', '--encoding-dim', '512', '--seed', '0'];
/** λ is no same price to all: these leave some 30 features active on an image. */
const LAMBDAS: Readonly<Record<string, string>> = { gated: '0.05', relu: '0.3' };
const ARCHITECTURES = Object.keys(LAMBDAS);
/** What is shown of a run: the dashboard, and the pictures beside it. */
const SHOWN = ['dashboard.html', 'gallery.png', 'loss.svg'];

/**
 * Writes dashboards of dictionaries that the library's own command line has trained, and a page
 * that leads to them. A training is kept in .cache until the library, the images or the settings
 * change.
 *
 * @param root this repository, with the library built in dist/
 * @param out the folder that they go to
 */
export async function writeExamples(root: string, out: string): Promise<void> {
  mkdirSync(out, { recursive: true });
  for (const architecture of ARCHITECTURES) {
    const run = await trained(root, architecture);
    for (const file of SHOWN) cpSync(join(run, file), join(out, `${architecture}-${file}`));
  }
  writeFileSync(join(out, 'index.html'), examplesPage(ARCHITECTURES));
}

async function trained(root: string, architecture: string): Promise<string> {
  const lambda = ['--lambda', LAMBDAS[architecture] as string];
  const args = ['quickstart', '--architecture', architecture, ...lambda, ...TRAINING];
  const run = join(root, '.cache', `example-${madeFrom(root, args)}`);
  // The dashboard is what a run writes last.
  if (existsSync(join(run, 'dashboard.html'))) return run;
  await rm(run, { recursive: true, force: true });
  await succeed(root, [join(root, 'dist', 'cli.mjs'), ...args, '--out', run]);
  return run;
}

/** A short name for all that an example depends on. */
function madeFrom(root: string, args: readonly string[]): string {
  const hash = createHash('sha256').update(args.join(' '));
  const dist = join(root, 'dist');
  const programs = readdirSync(dist).filter((file) => file.endsWith('.mjs'));
  for (const file of programs.sort()) hash.update(readFileSync(join(dist, file)));
  const images = createRequire(import.meta.url).resolve('fashion-mnist/package.json');
  return hash.update(readFileSync(images)).digest('hex').slice(0, 16);
}

/** Runs Node, and shows what it has said where it fails. */
function succeed(root: string, args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Buffer[] = [];
  child.stdout.on('data', (text: Buffer) => said.push(text));
  child.stderr.on('data', (text: Buffer) => said.push(text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${args.join(' ')} ended with ${code}: ${Buffer.concat(said)}`));
    });
  });
}
