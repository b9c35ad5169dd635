/** @jest-environment ./test/setup/onnxruntime.cjs */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exposeTensors } from '../../../src/io/onnx/exposeTensors';

test('x', async () => {
  const ort = (globalThis as any).loadReal.ort();
  ort.env.wasm.numThreads = 1;
  const f = join(__dirname, 'fixtures/tiny-bert/onnx/model.onnx');
  const b = await exposeTensors(f, ['/bert/embeddings/Gather_output_0']);
  const s = await ort.InferenceSession.create(b, {});
  console.log(s.outputNames, s.outputMetadata, s.inputMetadata);
  const t = new ort.Tensor('int64', new BigInt64Array(5), [1,5]);
  const o = await s.run({input_ids: t, attention_mask: new ort.Tensor('int64', BigInt64Array.from([1n,1n,1n,1n,1n]), [1,5]), token_type_ids: t});
  console.log(o.last_hidden_state.data.length, o.last_hidden_state.data instanceof Float32Array, Object.keys(o));
  const ses = await ort.InferenceSession.create(new Uint8Array(readFileSync(join(__dirname, 'fixtures/half.onnx'))), {});
  console.log(ses.inputMetadata);
});
