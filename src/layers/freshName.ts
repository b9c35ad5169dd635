/** How many layers and models of each class have been named here. */
const named = new Map<string, number>();

/**
 * Returns a name for a layer or model without one, in tfjs's style, but with an architecture's name
 * in one piece: `topk_sae_1` for a `TopKSAE`, where tfjs has `top_ksae_1`.
 *
 * @param className the name of its class
 */
export function freshName(className: string): string {
  const [, architecture, layer = ''] = /^(.+)SAE(Layer)?$/.exec(className) ?? [];
  const words = architecture
    ? [architecture, 'SAE', layer]
    : className.split(/(?<=[a-z0-9])(?=[A-Z])/);
  const prefix = words.filter(Boolean).join('_').toLowerCase();
  const count = (named.get(prefix) ?? 0) + 1;
  named.set(prefix, count);
  return `${prefix}_${count}`;
}
