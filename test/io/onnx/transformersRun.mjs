// A model in transformers.js, in a process of its own, for runtimes of ONNX share one list of what computes.
import { readFileSync } from 'node:fs';
import { AutoModel, AutoTokenizer, env, Tensor } from '@huggingface/transformers';
import { useFolder } from './localTransformers.mjs';

const { folder, inputs, file } = JSON.parse(process.argv[2]);
useFolder(folder);
if (file !== undefined) {
  env.useCustomCache = true;
  env.customCache = {
    match: async (name) =>
      `${name}`.endsWith('model.onnx') ? new Response(readFileSync(file)) : undefined,
    put: async () => {},
  };
}
const tokenizer = await AutoTokenizer.from_pretrained('tiny-bert');
const model = await AutoModel.from_pretrained('tiny-bert', { dtype: 'fp32' });
const written = (outputs) =>
  Object.fromEntries(
    Object.entries(outputs).map(([name, { dims, data }]) => [
      name,
      { dtype: 'float32', shape: dims, values: Array.from(data, Number) },
    ]),
  );
const feeds = Object.entries(inputs).map(([name, { shape, values }]) => [
  name,
  new Tensor('int64', BigInt64Array.from(values, BigInt), shape),
]);
const results = {
  sentence: written(await model(await tokenizer('the cat sat on the mat'))),
  tokens: written(await model(Object.fromEntries(feeds))),
};
await model.dispose();
console.log(JSON.stringify(results));
