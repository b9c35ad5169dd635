import { dirname } from 'node:path';
import { checkOptions, oneOf, optional, type Rule } from '../options';
import { type ChosenBackend, chooseBackend } from './choose';
import { BACKENDS, type Backend } from './packages';

/** Options of {@link useBackend}. */
export interface UseBackendArgs {
  /** Folder to look for packages from first; by default that of the running program. */
  from?: string;
}

const from: Rule<string> = {
  expected: 'the path of a folder',
  accepts: (value) => typeof value === 'string' && value !== '',
};

/**
 * Makes tfjs compute on the fastest backend that works here, or on the named one, and returns which
 * it is. For Node: it finds and loads the packages itself.
 *
 * A backend works if its package is installed, uses the same copy of `@tensorflow/tfjs-core`,
 * loads, and multiplies two small matrices correctly. `auto` follows a fixed order, so that a
 * machine always gives the same numbers; docs/native.md has the measurements behind it.
 *
 * @param wanted `'auto'`, `'tensorflow'`, `'wasm'` or `'cpu'`
 * @param args where to look for packages, if not from the running program
 * @throws SAE_OPTION for another name; SAE_MISSING, with what to do, if the wanted backend is
 *   missing or does not work.
 * @example
 * ```ts
 * import { useBackend } from 'gated-sae-tfjs/node';
 *
 * const { backend, passedOver } = await useBackend('auto');
 * console.log(backend); // 'wasm', say
 * for (const { package: name, problem } of passedOver) console.warn(`${name}: ${problem}`);
 * ```
 */
export async function useBackend(
  wanted: Backend | 'auto' = 'auto',
  args: UseBackendArgs = {},
): Promise<ChosenBackend> {
  const rules = { wanted: oneOf(['auto', ...BACKENDS] as const) };
  checkOptions('useBackend', rules, { wanted });
  const options = checkOptions<UseBackendArgs>('useBackend', { from: optional(from) }, args);
  const program = process.argv[1];
  const folders = [
    ...(options.from === undefined ? [] : [options.from]),
    ...(program === undefined ? [] : [dirname(program)]),
    process.cwd(),
  ];
  return await chooseBackend(`useBackend('${wanted}')`, wanted, folders);
}
