/** Returns one of Node's modules, without an import that bundlers for pages would fail on. */
/* @__NO_SIDE_EFFECTS__ */
export function nodeModule<T>(name: string): T | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  return process?.getBuiltinModule?.(name) as T | undefined;
}
