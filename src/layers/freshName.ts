/** How many layers and models of a class have been named here. */
const named = new Map<string, number>();

/**
 * A name for a layer or model that was given none, as tfjs makes them up, but with an architecture's
 * name in one piece: `topk_sae_1` of a `TopKSAE`, where tfjs has `top_ksae_1`.
 *
 * @param className its class
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
