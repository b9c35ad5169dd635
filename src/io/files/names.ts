import { isGone, thisProcess } from './owner';

/** What `tf.loadLayersModel` and every other reader of the format look for. */
export const MODEL_JSON = 'model.json';

const WEIGHTS = /^weights-[0-9a-f]{16}(-[0-9a-f]{8})?\.bin$/;
const TEMP = /^\.gated-sae-(.+)-[0-9a-f]{8}\.(json|weights|archive|record|done)\.tmp$/;

/**
 * What a file is written for before it gets its name: a model.json, weights, a file of another
 * kind. A record says what is to be removed, by the save that is under way; once that is done, by
 * whoever comes next.
 */
export type TempKind = 'json' | 'weights' | 'archive' | 'record' | 'done';

const nonce = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');

/** A name that no other save has, in this process or another. It says whose it is. */
export const tempName = (kind: TempKind) => `.gated-sae-${thisProcess()}-${nonce()}.${kind}.tmp`;

/** The name of a weights file: by its content, or unique as well. */
export const weightsName = (sha256: string, unique: boolean) =>
  `weights-${sha256.slice(0, 16)}${unique ? `-${nonce()}` : ''}.bin`;

/** Whether a save of this library gave a weights file its name. */
export const isOwnWeights = (name: string) => WEIGHTS.test(name);

/** What a save of this library was writing under a name. */
export interface OwnTemp {
  readonly kind: TempKind;
  /** Whether the process that wrote it is surely gone. */
  readonly isAbandoned: boolean;
}

/** What a save of this library was writing under this name; undefined for anybody else's file. */
export function ownTemp(name: string): OwnTemp | undefined {
  const [, owner = '', kind] = TEMP.exec(name) ?? [];
  const gone = isGone(owner);
  return gone === undefined ? undefined : { kind: kind as TempKind, isAbandoned: gone };
}
