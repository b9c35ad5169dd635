export const shapeText = (shape: readonly (number | null)[]) =>
  `[${shape.map((dim, i) => dim ?? (i === 0 ? 'batch' : i === shape.length - 1 ? 'width' : '?')).join(', ')}]`;

/** Returns a value as an error message shows it: short, with untrusted text in quotes. */
export function show(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'number' || value === undefined) return String(value);
  if (isTensor(value)) return `a tensor of ${value.dtype} [${value.shape.join(', ')}]`;
  if (isA(value, 'iterator')) return 'a dataset';
  if (isA(value, 'getClassName')) return `a ${value.getClassName()}`;
  let text = Object.prototype.toString.call(value);
  // For a Map, a Promise or a Date JSON would show nothing, or something else.
  if (/ (Object|Array|String|Boolean|Null)\]/.test(text)) {
    try {
      text = JSON.stringify(value, (_, part) => (isTensor(part) ? show(part) : part)) ?? text;
    } catch {
      // It contains itself.
    }
  }
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** Returns whether a value has a method of this name. */
export const isA = <Name extends string>(
  value: unknown,
  name: Name,
): value is Record<Name, () => string> =>
  typeof (value as Record<string, unknown> | null)?.[name] === 'function';
export const isTensor = (value: unknown): value is { dtype: string; shape: readonly number[] } =>
  isA(value, 'dataSync');
