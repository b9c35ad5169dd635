import type { Batch } from '../../activations/rows';
import { modelNotFinite } from '../../errors';
import type { SparseCodes } from '../../kernels/sparseCodes';
import type { SAEModel } from '../../models/saeModel';
import { dictionaryOf } from '../featureReport/dictionary';
import type { CheckedArgs } from './args';
import type { Evaluation } from './evaluation';
import { Firing } from './firing';
import type { Given, Probed } from './given';
import { Probing } from './probing/probing';
import { RowSums } from './rowSums';
import { Truth } from './truth';
import { weightGeometry } from './weightGeometry';

/** The evaluation of one dictionary: receives batches, and returns the result. */
export class Evaluator {
  private readonly all: RowSums;
  private readonly byPosition = new Map<string, RowSums>();
  private readonly firing: Firing;
  private readonly probing: Probing | undefined;

  private constructor(
    private readonly where: string,
    private readonly model: SAEModel,
    private readonly wDec: Float32Array,
    private readonly args: CheckedArgs,
    private readonly given: Given,
    private readonly truth: Truth | undefined,
  ) {
    this.all = new RowSums(model.outputDim);
    this.firing = new Firing(model.encodingDim);
    this.probing = given.probed && new Probing(model.encodingDim, given.probed.classes);
  }

  /** @throws SAE_NOT_FINITE for a model whose decoder rows are not finite. */
  static async of(
    where: string,
    model: SAEModel,
    args: CheckedArgs,
    given: Given,
  ): Promise<Evaluator> {
    const { wDec } = await dictionaryOf(where, model);
    const { directions } = given;
    const decoder = { values: wDec, width: model.outputDim };
    const truth = directions && (await Truth.of(decoder, directions));
    return new Evaluator(where, model, wDec, args, given, truth);
  }

  /**
   * Adds rows and their targets; both remain the caller's.
   *
   * @throws SAE_NOT_FINITE if the model gives NaN or infinity for them.
   */
  async add({ xs, ys }: Batch): Promise<void> {
    const first = this.all.rows;
    const { codes, reconstruction } = await this.coded(xs);
    const made = await reconstruction?.data<'float32'>().finally(() => reconstruction.dispose());
    const wanted = made && (await ys.data<'float32'>());
    this.probing?.add(codes, first);
    this.firing.add(codes);
    const { trueCodes } = this.given;
    if (trueCodes) this.truth?.add(codes, await trueCodes.slice(first, xs.shape[0]));
    for (let row = 0; row < xs.shape[0]; row++) {
      const [active, activation] = sumOf(codes, row);
      for (const sums of this.sumsFor(first + row)) {
        sums.rows += 1;
        sums.addCodes(active, activation);
        if (made && wanted) sums.addRow(wanted, made, row * this.model.outputDim);
      }
    }
    if (!this.all.isFinite) {
      const { name } = this.model;
      throw modelNotFinite(this.where, 'finite codes and reconstructions', `others of "${name}"`);
    }
  }

  private async coded(xs: Batch['xs']) {
    if (this.args.groups.has('reconstruction')) return this.model.encodeAndReconstruct(xs);
    return { codes: await this.model.encodeSparse(xs), reconstruction: undefined };
  }

  /** Returns the sums that a row counts in: those of all rows, and of its class of position. */
  private sumsFor(row: number): readonly RowSums[] {
    const position = this.given.positions?.[row];
    if (position === undefined) return [this.all];
    const there = this.byPosition.get(position) ?? new RowSums(this.model.outputDim);
    this.byPosition.set(position, there);
    return [this.all, there];
  }

  private probes(probing: Probing, { labels, skipped }: Probed) {
    return { ...probing.result(labels), skipped: [...skipped] };
  }

  async result(): Promise<Evaluation> {
    const { model, all, wDec, given } = this;
    const { groups } = this.args;
    const { name, inputDim, outputDim, encodingDim: features } = model;
    const rowMetrics = (sums: RowSums) => ({
      ...(groups.has('sparsity') && { sparsity: sums.sparsity() }),
      ...(groups.has('reconstruction') && { reconstruction: sums.reconstruction() }),
    });
    const { sparsity, reconstruction } = rowMetrics(all);
    return {
      ...{ name, className: model.getClassName(), inputDim, outputDim, features, rows: all.rows },
      ...(sparsity && { sparsity: this.firing.result(all.rows, sparsity) }),
      ...(reconstruction && { reconstruction }),
      ...(groups.has('weights') && { weights: await weightGeometry(model, wDec) }),
      ...(this.probing && given.probed && { probing: this.probes(this.probing, given.probed) }),
      ...(this.truth && { truth: this.truth.result() }),
      ...(given.positions && {
        positions: [...this.byPosition].map(([position, sums]) => ({
          ...{ position, rows: sums.rows, ...rowMetrics(sums) },
        })),
      }),
    };
  }
}

/** Returns the number of a row's codes, and their sum. */
function sumOf({ values, rowOffsets }: SparseCodes, row: number): [number, number] {
  const [from, to] = [rowOffsets[row] as number, rowOffsets[row + 1] as number];
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i] as number;
  return [to - from, sum];
}
