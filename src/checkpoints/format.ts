import type * as tf from '@tensorflow/tfjs-core';
import { isStepTaken, type StepTaken } from '../engine/trainStep';
import { badContent, namingFile } from '../errors';
import type { ByteSource } from '../io/bytes/source';
import { readMember, streamMember, type ZipMember, zipMembers } from '../io/zip/read';
import { zipChunks } from '../io/zip/write';
import { isPlace, type TrainingPlace } from '../models/trainingPlace';
import { isNumberOrNull, isObject } from '../plainData';
import { isRun, partsOf } from './store';

/** The best epoch so far, and the checkpoint that was made at its end. */
export interface Best {
  readonly name: string;
  readonly value: number;
}

/** What a checkpoint holds besides the model. */
export interface Training {
  /** The run's name, which distinguishes it from others in the same place. */
  readonly run: string;
  readonly place: TrainingPlace;
  /** What computed its steps; null before the first. */
  readonly step: StepTaken | null;
  /** The backend of tfjs. */
  readonly backend: string;
  /** The best epochs, by the log that is watched. */
  readonly best: Readonly<Record<string, Best>>;
  /** The data that the caller asked to keep. */
  readonly extra: unknown;
}

/** A checkpoint: a model with its optimizer's state, and the progress of its training. */
export interface Checkpoint {
  readonly training: Training;
  readonly artifacts: tf.io.ModelArtifacts;
}

/** The files in a checkpoint, which is a ZIP archive: unpacked, the last two are a tfjs model. */
const MEMBERS = {
  training: 'training.json',
  model: 'model.json',
  weights: 'weights.bin',
} as const;
/** The version of `training.json`'s format. */
const VERSION = 1;
const MOST_JSON_BYTES = 2 ** 28;
/** The longest buffer for weights. */
const PIECE_BYTES = 2 ** 30;
const ADVICE = 'Take an older checkpoint, or begin anew.';

/** Returns a checkpoint's bytes, in chunks; those of the weights are passed on without copying. */
export function encodeCheckpoint({ training, artifacts }: Checkpoint): Uint8Array[] {
  const { weightData, weightSpecs = [], ...model } = artifacts;
  const weightsManifest = [{ paths: [MEMBERS.weights], weights: weightSpecs }];
  const buffers = weightData === undefined ? [] : [weightData].flat();
  return zipChunks([
    { name: MEMBERS.training, chunks: [json({ version: VERSION, ...training })] },
    { name: MEMBERS.model, chunks: [json({ ...model, weightsManifest })] },
    { name: MEMBERS.weights, chunks: buffers.map((buffer) => new Uint8Array(buffer)) },
  ]);
}

const json = (value: object) => new TextEncoder().encode(JSON.stringify(value));

/**
 * Reads a checkpoint, and compares its checksums.
 *
 * @throws SAE_FILE if it is torn or damaged, or of another version.
 */
export const decodeCheckpoint = (source: ByteSource): Promise<Checkpoint> =>
  namingFile(source.name, () => checkpointIn(source));

async function checkpointIn(source: ByteSource): Promise<Checkpoint> {
  const members = new Map<string, ZipMember>();
  for (const member of await zipMembers(source)) members.set(member.name, member);
  const memberOf = (name: string) => {
    const member = members.get(name);
    if (member) return member;
    throw badContent(`a checkpoint with ${name}`, 'none', ADVICE);
  };
  const { version, ...training } = await readJson(source, memberOf(MEMBERS.training));
  if (version !== VERSION) {
    const advice = 'Open it with the version of gated-sae-tfjs that wrote it.';
    throw badContent(`a checkpoint of version ${VERSION}`, `${version}`, advice);
  }
  if (!isTraining(training)) {
    throw badContent('a training to go on with', 'none', ADVICE);
  }
  const { weightsManifest, ...model } = await readJson(source, memberOf(MEMBERS.model));
  if (!Array.isArray(weightsManifest)) {
    throw badContent(`weights in ${MEMBERS.model}`, 'none', ADVICE);
  }
  const [group] = weightsManifest as tf.io.WeightsManifestConfig;
  const weightData = await readWeights(source, memberOf(MEMBERS.weights));
  const artifacts = { ...model, weightSpecs: group?.weights ?? [], weightData };
  return { training, artifacts };
}

/**
 * Returns whether it has the form of a training. Names in it become file names, so they must not
 * lead to another folder.
 */
function isTraining(value: Record<string, unknown>): value is Record<string, unknown> & Training {
  const { run, place, best, step, backend } = value;
  return (
    isRun(run) &&
    isPlace(place) &&
    typeof backend === 'string' &&
    (step === null || isStepTaken(step)) &&
    isObject(best) &&
    Object.values(best).every(isBest)
  );
}

const isBest = (value: unknown) =>
  isObject(value) && partsOf(String(value['name'])) !== undefined && isNumberOrNull(value['value']);

async function readJson(source: ByteSource, member: ZipMember): Promise<Record<string, unknown>> {
  const text = new TextDecoder().decode(await readMember(source, member, MOST_JSON_BYTES));
  try {
    // A key with this name would set the prototype of the copy.
    return JSON.parse(text, (key, value) => (key === '__proto__' ? undefined : value));
  } catch (error) {
    throw badContent(`JSON in ${member.name}`, String(error), ADVICE, error);
  }
}

/** Reads weights into one buffer, or into several of the longest safe length. */
async function readWeights(source: ByteSource, member: ZipMember): Promise<tf.io.WeightData> {
  const { size } = member;
  const pieces: ArrayBuffer[] = [];
  for (let at = 0; at === 0 || at < size; at += PIECE_BYTES) {
    pieces.push(new ArrayBuffer(Math.min(PIECE_BYTES, size - at)));
  }
  const placed = (at: number, most: number) => {
    const piece = pieces[Math.floor(at / PIECE_BYTES)] as ArrayBuffer;
    const start = at % PIECE_BYTES;
    return new Uint8Array(piece, start, Math.min(most, piece.byteLength - start));
  };
  await streamMember(source, member, {
    place: placed,
    take: (chunk, at) => {
      for (let done = 0; done < chunk.length; ) {
        const into = placed(at + done, chunk.length - done);
        into.set(chunk.subarray(done, done + into.length));
        done += into.length;
      }
    },
  });
  return pieces.length === 1 ? (pieces[0] as ArrayBuffer) : pieces;
}
