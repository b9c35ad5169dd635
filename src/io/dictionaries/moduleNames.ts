/** The two names of a place in a network. */
export interface ModuleNames {
  /** TransformerLens's name: `blocks.8.hook_resid_post`. */
  readonly hookName?: string;
  /** Hugging Face's name: `model.layers.8`. */
  readonly hfHookName?: string;
}

/** TransformerLens's names of the outputs of a layer's parts. */
const OUTPUTS: Readonly<Record<string, string>> = {
  '': 'hook_resid_post',
  mlp: 'hook_mlp_out',
  attn: 'hook_attn_out',
  attention: 'hook_attn_out',
  self_attn: 'hook_attn_out',
};
const EMBEDDINGS = ['embed_tokens', 'embed_in', 'wte'];

/**
 * Returns the place of a module in a network's body: `layers.5`, `h.5.mlp`, `embed_tokens`.
 *
 * @param module its name in the body, as in `model.base_model.named_modules()`
 * @param modelName the network's name, which determines the name of its body; that of Llama
 *   otherwise
 * @param of its output, or its input, which is supported for an MLP
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
