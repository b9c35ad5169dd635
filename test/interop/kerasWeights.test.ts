/** Weights of Gated SAEs that are written here, opened by Keras and gated-sae-tf. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatedSAE, saveSAE } from '../../src';
import { rows, stir } from '../conformance/architecture';
import { expectComputes } from '../io/dictionaries/computes';

const SCRIPT = join(__dirname, '..', '..', 'python-interop', 'open_weights.py');
const SIZES = { inputDim: 6, encodingDim: 10, seed: 2 };
/** Gated SAEs that gated-sae-tf has no options for, but the same numbers. */
const KINDS = {
  plain: {},
  uncentred: { centred: false },
  scaled: { normalize: 'mean-norm' },
} as const;

const folder = mkdtempSync(join(tmpdir(), 'weights-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('Keras loads them into a GatedSAE, which computes the same', async () => {
  const x = rows(7);
  const saes = new Map<string, GatedSAE>();
  for (const [name, options] of Object.entries(KINDS)) {
    const sae = new GatedSAE({ ...SIZES, ...options });
    stir(sae.sae);
    if (name === 'scaled') await sae.initNormalization(1.5, { force: true });
    await saveSAE(sae, join(folder, name), { format: 'keras-weights' });
    const given = { x: x.arraySync(), ...SIZES };
    writeFileSync(join(folder, name, 'rows.json'), JSON.stringify(given));
    saes.set(name, sae);
  }
  const python = process.env['GATED_SAE_PYTHON'] ?? 'python3';
  const { status, stderr } = spawnSync(python, [SCRIPT, folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  for (const [name, sae] of saes) {
    const found = JSON.parse(readFileSync(join(folder, name, 'found.json'), 'utf8'));
    await expectComputes(sae, { x: x.arraySync(), ...found });
    sae.dispose();
  }
  x.dispose();
}, 120_000);
