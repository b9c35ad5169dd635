import { dirname } from 'node:path';
import { checkOptions, oneOf, optional, type Rule } from '../options';
import { type ChosenBackend, chooseBackend } from './choose';
import { BACKENDS, type Backend } from './packages';

/** Options of {@link useBackend}. */
export interface UseBackendArgs {
  /** Folder from which packages are looked for first; by default that of the program that runs. */
  from?: string;
}

const from: Rule<string> = {
  expected: 'the path of a folder',
  accepts: (value) => typeof value === 'string' && value !== '',
};

/**
 * Makes tfjs compute on the fastest backend that works here, or on the one that is named, and says
 * which it is. For Node: it finds and loads the packages by itself.
 *
 * A backend works if its package is installed, uses the same copy of `@tensorflow/tfjs-core`, loads,
 * and multiplies two small matrices rightly. `auto` goes by a fixed order, so that the same machine
 * always gives the same numbers; docs/native.md has the measurements behind it.
 *
 * @param wanted `'auto'`, `'tensorflow'`, `'wasm'` or `'cpu'`
 * @param args from where packages are looked for, if not from the program that runs
 * @throws SAE_OPTION for another name; SAE_MISSING, with what to do, where the wanted one is not
 *   there or does not work.
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
