// MiniLMs in transformers.js, one after another, as people embed sentences with it: see ../io/onnx/transformersRun.mjs.
import { env, pipeline } from '@huggingface/transformers';
import { useFolder } from '../io/onnx/localTransformers.mjs';

const { folder, models, sentences } = JSON.parse(process.argv[2]);
useFolder(folder);
env.backends.onnx.wasm.numThreads = 1;

const written = ({ type, dims, data }) => ({
  type,
  dims,
  bytes: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
});
const all = (named) => Object.fromEntries(Object.entries(named).map(([k, t]) => [k, written(t)]));

async function resultsOf(model) {
  const embed = await pipeline('feature-extraction', model, { dtype: 'fp32' });
  const tokens = await embed.tokenizer(sentences, { padding: true });
  const results = await embed.model(tokens);
  // The pipeline takes the output of this name alone.
  const pooled = results.last_hidden_state && {
    embeddings: written(await embed(sentences, { pooling: 'mean', normalize: true })),
  };
  await embed.dispose();
  return { tokens: all(tokens), results: all(results), ...pooled };
}

const found = {};
for (const model of models) found[model] = await resultsOf(model);
console.log(JSON.stringify(found));
