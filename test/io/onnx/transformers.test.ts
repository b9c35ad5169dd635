import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exposeTensors } from '../../../src';
import { BERT, expectedOf, FOLDER, pathOf, type Written } from './fixtures';

const AT = '/bert/encoder/layer.0/output/LayerNorm/LayerNormalization_output_0';
const SCRIPT = join(__dirname, 'transformersRun.mjs');
type Outputs = Readonly<Record<string, Written>>;

let folder: string;
let changed: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gated-sae-transformers-'));
  changed = join(folder, 'changed.onnx');
  writeFileSync(changed, await exposeTensors(pathOf(BERT), [AT]));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the real transformers.js, and checks what it gives of the hidden tensor. */
function expectHidden(given: { folder: string; file?: string }): void {
  const { inputs, hidden, outputs } = expectedOf(BERT);
  const text = execFileSync(process.execPath, [SCRIPT, JSON.stringify({ ...given, inputs })], {
    encoding: 'utf8',
  });
  const { sentence, tokens } = JSON.parse(text) as { sentence: Outputs; tokens: Outputs };
  expect(Object.keys(sentence).sort()).toEqual([AT, 'last_hidden_state'].sort());
  expect(sentence[AT]?.shape).toEqual([1, 8, 16]);
  // The same tokens as Python's onnxruntime has had.
  for (const [name, known] of Object.entries({ [AT]: hidden[AT] as Written, ...outputs })) {
    const found = tokens[name] as Written;
    expect(found.shape).toEqual(known.shape);
    const off = known.values.map((value, i) => Math.abs(value - (found.values[i] as number)));
    expect(Math.max(...off)).toBeLessThan(2e-5);
  }
}

test('transformers.js gives a hidden tensor with the outputs, where its file has been changed', () => {
  const models = join(folder, 'models');
  cpSync(join(FOLDER, 'tiny-bert'), join(models, 'tiny-bert'), { recursive: true });
  cpSync(changed, join(models, BERT));
  expectHidden({ folder: models });
}, 60_000);

test('and where a cache of one’s own hands it the bytes, as in a page', () => {
  expectHidden({ folder: FOLDER, file: changed });
}, 60_000);
