/** What `tf.loadLayersModel` and every other reader of the format look for. */
export const MODEL_JSON = 'model.json';

const WEIGHTS = /^weights-[0-9a-f]{16}(-[0-9a-f]{8})?\.bin$/;
const TEMP = /^\.gated-sae-[0-9a-f]{16}\.(json|weights|archive)\.tmp$/;

/** What a file is written for before it gets its name. */
export type TempKind = 'json' | 'weights' | 'archive';

const nonce = (bytes: number) =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');

/** A name that no other save has, in this process or another. */
export const tempName = (kind: TempKind) => `.gated-sae-${nonce(8)}.${kind}.tmp`;

/** The name of a weights file: by its content, or unique as well. */
export const weightsName = (sha256: string, unique: boolean) =>
  `weights-${sha256.slice(0, 16)}${unique ? `-${nonce(4)}` : ''}.bin`;

/** Whether a save of this library gave a weights file its name. */
export const isOwnWeights = (name: string) => WEIGHTS.test(name);

/** What a save of this library was writing under this name; undefined for anybody else's file. */
export const ownTempKind = (name: string) => TEMP.exec(name)?.[1] as TempKind | undefined;
