import * as tf from '@tensorflow/tfjs-core';
import type { Rows } from '../../activations/rows';
import { disposedTensor, modelNotFinite, wrongOption } from '../../errors';
import { rowCount } from '../../math/leadingDims';
import { classesOf } from '../featureReport/labels';
import { checkEqual, checkNotMore, type RowCounts } from '../featureReport/rowCounts';
import type { CheckedArgs } from './args';
import type { Directions } from './matching/crossCosines';
import { type ProbeRows, probeRows } from './probing/probeRows';
import { TrueCodes } from './trueCodes';

/** Labels, and the rows that probes use. */
export interface Probed {
  readonly labels: ArrayLike<number>;
  readonly classes: readonly ProbeRows[];
  readonly skipped: readonly number[];
}

/** The data given besides the rows, checked, and the part of it that belongs to some rows. */
export class Given {
  private constructor(
    private readonly where: string,
    readonly probed: Probed | undefined,
    readonly positions: readonly string[] | undefined,
    readonly directions: Directions | undefined,
    readonly trueCodes: TrueCodes | undefined,
  ) {}

  /**
   * @param data rows; a tensor's number of rows is known before the work begins
   * @throws SAE_DATA, SAE_OPTION or SAE_NOT_FINITE for data that does not fit.
   */
  static async of(
    where: string,
    args: CheckedArgs,
    data: Rows,
    { inputDim, outputDim }: { inputDim: number; outputDim: number },
  ): Promise<Given> {
    const { groups, positions } = args;
    const classes = groups.has('probing') ? classesOf(where, args.labels, undefined) : undefined;
    const probed = classes && {
      labels: classes.labels,
      ...probeRows(classes.labels, args.seed),
    };
    const directions = groups.has('truth')
      ? await directionsOf(where, args.trueFeatures, outputDim)
      : undefined;
    const trueCodes =
      directions && args.trueCodes !== undefined
        ? new TrueCodes(`${where}.trueCodes`, args.trueCodes, directions.values.length / outputDim)
        : undefined;
    const given = new Given(where, probed, positions, directions, trueCodes);
    if (data instanceof tf.Tensor && data.shape.at(-1) === inputDim) {
      checkEqual(where, given.counts, rowCount(data.shape));
    }
    return given;
  }

  /** @throws SAE_DATA if there are already more rows than other data. */
  checkNotMore(rows: number): void {
    checkNotMore(this.where, this.counts, rows);
  }

  /** @throws SAE_DATA if there were fewer rows than other data. */
  checkEqual(rows: number): void {
    checkEqual(this.where, this.counts, rows);
  }

  private get counts(): RowCounts {
    const { probed, positions, trueCodes } = this;
    return {
      labels: probed?.labels.length,
      positions: positions?.length,
      trueCodes: trueCodes?.rows,
    };
  }
}

async function directionsOf(
  where: string,
  trueFeatures: tf.Tensor2D | undefined,
  width: number,
): Promise<Directions | undefined> {
  if (trueFeatures === undefined) return undefined;
  if (trueFeatures.isDisposed) throw disposedTensor(`${where}.trueFeatures`);
  if (trueFeatures.shape[1] !== width) {
    const expected = `a tensor [trueFeatures, ${width}], as wide as what is reconstructed`;
    throw wrongOption(`${where}.trueFeatures`, expected, trueFeatures);
  }
  const values = Float32Array.from(await trueFeatures.data());
  const odd = values.find((value) => !Number.isFinite(value));
  if (odd !== undefined) throw modelNotFinite(where, 'finite directions', `${odd} in trueFeatures`);
  return { values, width };
}
