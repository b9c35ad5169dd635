import { missing } from '../errors';
import { type Backend, GPU_PACKAGE, INSTALL, PACKAGES } from './packages';
import { NOT_INSTALLED, start } from './start';

/** The backend that is now set, and how it was chosen. */
export interface ChosenBackend {
  /** Its name in tfjs. */
  readonly backend: Backend;
  /** The npm package that provides it. */
  readonly package: string;
  /** Whether it computes on a GPU. */
  readonly gpu: boolean;
  /** Faster packages that are installed but do not work here, each with the reason. */
  readonly passedOver: readonly PassedOver[];
}

/** A backend that `auto` did not choose, although it would be faster. */
export interface PassedOver {
  /** The npm package that would provide it. */
  readonly package: string;
  /** Why it does not work here, as a sentence. */
  readonly problem: string;
}

/** The backend that is now set, or undefined, and those that do not work. */
export type FoundBackend = Pick<ChosenBackend, 'passedOver'> & {
  readonly chosen: Omit<ChosenBackend, 'passedOver'> | undefined;
};

/**
 * Makes tfjs compute on a backend, if one works.
 *
 * @param wanted a backend's name, or `auto` for the fastest
 * @param folders the folders to look for packages from, nearest first
 */
export async function findBackend(
  wanted: Backend | 'auto',
  folders: readonly string[],
): Promise<FoundBackend> {
  const passedOver: PassedOver[] = [];
  for (const candidate of PACKAGES) {
    const { backend, name } = candidate;
    if (wanted !== 'auto' && wanted !== backend) continue;
    const started = await start(candidate, folders);
    if ('problem' in started) {
      const { problem } = started;
      if (problem !== NOT_INSTALLED) passedOver.push({ package: name, problem });
    } else if (wanted === 'auto' && name === GPU_PACKAGE && !started.gpu) {
      passedOver.push({ package: name, problem: 'it finds no GPU.' });
    } else {
      return { chosen: { backend, package: name, gpu: started.gpu }, passedOver };
    }
  }
  return { chosen: undefined, passedOver };
}

/**
 * Makes tfjs compute on a backend, and throws if none works.
 *
 * @param where whose option it is, for the error
 * @throws SAE_MISSING, with what to do, if none works.
 */
export async function chooseBackend(
  where: string,
  wanted: Backend | 'auto',
  folders: readonly string[],
): Promise<ChosenBackend> {
  const { chosen, passedOver } = await findBackend(wanted, folders);
  if (chosen) return { ...chosen, passedOver };
  const install = INSTALL[wanted === 'auto' ? 'wasm' : wanted];
  const why = passedOver.map(({ package: name, problem }) => ` ${name} does not work: ${problem}`);
  throw missing(where, 'a package that brings it', `Run ${install}.${why.join('')}`);
}
