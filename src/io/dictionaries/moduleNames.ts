/** A place in a network, in both of its names. */
export interface ModuleNames {
  /** As TransformerLens calls it: `blocks.8.hook_resid_post`. */
  readonly hookName?: string;
  /** As Hugging Face does: `model.layers.8`. */
  readonly hfHookName?: string;
}

/** What TransformerLens calls the output of a part of a layer. */
const OUTPUTS: Readonly<Record<string, string>> = {
  '': 'hook_resid_post',
  mlp: 'hook_mlp_out',
  attn: 'hook_attn_out',
  attention: 'hook_attn_out',
  self_attn: 'hook_attn_out',
};
const EMBEDDINGS = ['embed_tokens', 'embed_in', 'wte'];

/**
 * Where a module of a network's body is: `layers.5`, `h.5.mlp`, `embed_tokens`.
 *
 * @param module its name in the body, as `model.base_model.named_modules()` has it
 * @param modelName the network's, which tells what the whole calls its body; Llama's name for it otherwise
 * @param of what of it: its output, or its input, which is known of an MLP
 */
export function namesOfModule(
  module: string,
  modelName: string | undefined,
  of: 'output' | 'input' = 'output',
): ModuleNames {
  const [, list, layer, part = ''] = /^(layers|h)\.(\d+)(?:\.(.+))?$/.exec(module) ?? [];
  const isEmbedding = EMBEDDINGS.includes(module);
  if (layer === undefined && !isEmbedding) return {};
  const isOfGPT2 = list === 'h' || module === 'wte';
  const isOfNeoX = module === 'embed_in' || /pythia|neox/i.test(modelName ?? '');
  const body = isOfGPT2 ? 'transformer' : isOfNeoX ? 'gpt_neox' : 'model';
  const hfHookName = `${body}.${module}`;
  if (isEmbedding) return of === 'output' ? { hookName: 'hook_embed', hfHookName } : { hfHookName };
  const outputs = Object.hasOwn(OUTPUTS, part) ? OUTPUTS[part] : undefined;
  const hook = of === 'output' ? outputs : part === 'mlp' ? 'mlp.hook_in' : undefined;
  return hook === undefined ? { hfHookName } : { hookName: `blocks.${layer}.${hook}`, hfHookName };
}
