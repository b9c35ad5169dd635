import { isGone, thisProcess } from './owner';

/** The file that `tf.loadLayersModel` and every other reader of the format look for. */
export const MODEL_JSON = 'model.json';

const WEIGHTS = /^weights-[0-9a-f]{16}(-[0-9a-f]{8})?\.bin$/;
const TEMP = /^\.gated-sae-(.+)-[0-9a-f]{8}\.(json|weights|archive|record|done)\.tmp$/;

/**
 * The purpose of a temporary file: a model.json, weights, or a file of another kind. A record says
 * what is to be removed: by the running save, and once that is done, by the next one.
 */
export type TempKind = 'json' | 'weights' | 'archive' | 'record' | 'done';

const nonce = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');

/** Returns a name that no other save uses, in any process. It identifies its process. */
export const tempName = (kind: TempKind) => `.gated-sae-${thisProcess()}-${nonce()}.${kind}.tmp`;

/** Returns the name of a weights file: by its content, optionally made unique. */
export const weightsName = (sha256: string, unique: boolean) =>
  `weights-${sha256.slice(0, 16)}${unique ? `-${nonce()}` : ''}.bin`;

/** Returns whether a weights file was named by this library. */
export const isOwnWeights = (name: string) => WEIGHTS.test(name);

/** What a save of this library was writing under a temporary name. */
export interface OwnTemp {
  readonly kind: TempKind;
  /** Whether the process that wrote it has certainly ended. */
  readonly isAbandoned: boolean;
}

/** Parses a temporary name; undefined for files of others. */
export function ownTemp(name: string): OwnTemp | undefined {
  const [, owner = '', kind] = TEMP.exec(name) ?? [];
  const gone = isGone(owner);
  return gone === undefined ? undefined : { kind: kind as TempKind, isAbandoned: gone };
}
