/** Dictionaries there and back: what the field's packages write now, and what they open of ours. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { loadSAE, type SAEModel, saveSAE } from '../../src';
import { FORMS, rows, type Subject, stir } from '../conformance/architecture';
import { expectComputes, expectDescribed, expectedIn } from '../io/dictionaries/computes';
import { inPeers, root, SEED, withPeers } from './peers';

const folder = mkdtempSync(join(tmpdir(), 'dictionaries-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The same dictionaries, with numbers of their own. */
const committed = readdirSync(join(root, 'test', 'io', 'dictionaries', 'fixtures'));

withPeers(
  `what the packages write now opens here, and computes the same (INTEROP_SEED=${SEED})`,
  async () => {
    const made = join(folder, 'made');
    inPeers('make_dictionaries.py', 'make', '--out', made, '--seed', String(SEED));
    const names = readdirSync(made);
    // One whose package could not be imported would be missing.
    expect(names.sort()).toEqual(committed.sort());
    // Of thresholds that are not in their files; when, formats.test.ts holds down.
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
    for (const name of names) {
      const expected = expectedIn(join(made, name));
      const sae = await loadSAE(join(made, name, expected.inside ?? ''));
      await expectComputes(sae, expected);
      expectDescribed(sae, expected);
      sae.dispose();
    }
    warn.mockRestore();
  },
  120_000,
);

const KINDS: Record<string, unknown>[] = [
  ...[{}, { centred: false }, { normalize: 'layer-norm' }, { normalize: 'constant' }],
  ...[{ outputDim: 4 }, { skip: true }],
];
const ALL = FORMS.filter(([name]) => !name.includes(',') || /saelens/.test(name));

/** A dictionary with thresholds above 0, whose every other weight has been moved. */
function made(subject: Subject, kind: Record<string, unknown>): SAEModel {
  const sae = subject.model({ ...kind, seed: 5 });
  stir(sae.sae);
  tf.tidy(() => {
    for (const [name, weight] of sae.sae.namedWeights) {
      if (name === 'threshold') weight.write(tf.fill(weight.shape as [number], 0.15));
    }
  });
  return sae;
}

/** Those that the packages among the peers open. */
const OPENED = ['saelens', 'sparsify', 'gemma-scope', 'gemma-scope-2', 'dictionary-learning'];

withPeers(
  'what is written here opens in the packages, and computes the same',
  async () => {
    const saes = new Map<string, SAEModel>();
    const { FORMATS } = await import('../../src/io/dictionaries/formats');
    const known = FORMATS.filter(({ name, write }) => write && OPENED.includes(name));
    const x = rows(9);
    for (const { name: format } of known) {
      for (const [name, subject] of ALL) {
        for (const [i, kind] of KINDS.entries()) {
          const at = `${format}-${name.replace(/\W+/g, '-')}-${i}`;
          const sae = made(subject, kind);
          try {
            await saveSAE(sae, join(folder, 'ours', at), { format });
          } catch (error) {
            expect((error as { code?: string }).code).toBe('SAE_UNSUPPORTED');
            sae.dispose();
            continue;
          }
          const given = { format, x: x.arraySync() };
          writeFileSync(join(folder, 'ours', at, 'rows.json'), JSON.stringify(given));
          saes.set(at, sae);
        }
      }
    }
    mkdirSync(join(folder, 'ours'), { recursive: true });
    inPeers('make_dictionaries.py', 'open', join(folder, 'ours'));
    expect(saes.size).toBeGreaterThan(20);
    const written = OPENED.filter((format) => [...saes.keys()].some((at) => at.startsWith(format)));
    expect(written).toEqual(OPENED);
    for (const [at, sae] of saes) {
      const found = JSON.parse(readFileSync(join(folder, 'ours', at, 'found.json'), 'utf8'));
      await expectComputes(sae, { x: x.arraySync(), ...found });
      sae.dispose();
    }
    x.dispose();
  },
  120_000,
);
