import * as tf from '@tensorflow/tfjs-core';
import { ARCHITECTURES, type SAEModel, type SparseCodes } from 'gated-sae-tfjs';
import { HELD_OUT, PIXELS } from '../images';
import type {
  Encoded,
  Environment,
  FeatureSeen,
  ModelSummary,
  Report,
  SavedFile,
  SaveFormat,
  Settings,
  Studio,
  TrainingEnd,
} from '../protocol';
import { startBackend } from './backend';
import { directions } from './directions';
import { encode } from './encode';
import { featureSeen } from './featureSeen';
import { fetchImages, fromBytes } from './imageData';
import { OneAtATime } from './oneAtATime';
import { disposeModel, openModel } from './openModel';
import { noModel, whileTraining } from './refusals';
import { saveDashboard } from './saveDashboard';
import { saveModel } from './saveModel';
import { StepReports } from './stepReports';
import { takeSurvey } from './survey';
import { SurveyTimes } from './surveyTimes';
import { Training } from './training';

/** The worker's side: the images, the model that is there, and its training. */
export class Workbench implements Studio {
  private images: Uint8Array = new Uint8Array(0);
  /** `[HELD_OUT, PIXELS]` */
  private heldOut: tf.Tensor2D | undefined;
  /** The class of each held-out image. */
  private labels: Uint8Array = new Uint8Array(0);
  private model: SAEModel | undefined;
  private training: Training | undefined;
  /** What the last survey was about. */
  private codes: SparseCodes | undefined;
  private readonly reports: StepReports;
  /** For the model: nobody disposes or changes it under somebody's hands. */
  private readonly turns = new OneAtATime();

  constructor(private readonly tell: (report: Report) => void) {
    this.reports = new StepReports(tell);
  }

  async prepare(imageUrl: string): Promise<Environment> {
    const [backend, images] = await Promise.all([startBackend(), fetchImages(imageUrl)]);
    this.images = images.training;
    this.labels = images.labels;
    const heldOut = fromBytes(images.heldOut);
    this.heldOut = tf.tensor2d(heldOut, [HELD_OUT, PIXELS]);
    const architectures = Object.entries(ARCHITECTURES).map(([name, { model, optionNames }]) => ({
      name,
      className: model.className,
      hasLambda: optionNames.includes('lambdaSparse'),
    }));
    const isolated = globalThis.crossOriginIsolated;
    return { backend, isolated, architectures, heldOut, labels: images.labels };
  }

  async train(settings: Settings): Promise<TrainingEnd> {
    if (this.training) throw whileTraining('train');
    const training = new Training(settings, this.images, this.turns);
    this.training = training;
    try {
      await this.replaceModel(training.model);
      const { steps, stepsPerEpoch } = training;
      this.tell({ report: 'started', model: this.summary(), steps, stepsPerEpoch });
      return await this.run(training);
    } finally {
      this.training = undefined;
    }
  }

  async pause(): Promise<void> {
    await this.training?.pause();
    this.reports.flush();
  }

  async resume(): Promise<void> {
    this.training?.resume();
  }

  async stop(): Promise<void> {
    this.training?.stop();
  }

  async setLambda(lambda: number): Promise<void> {
    this.training?.setLambda(lambda);
  }

  save(format: SaveFormat): Promise<SavedFile[]> {
    return this.use('save', (model) =>
      format === 'dashboard'
        ? saveDashboard(model, this.heldOut as tf.Tensor2D, this.labels)
        : saveModel(model, format),
    );
  }

  async open(files: File[]): Promise<ModelSummary> {
    if (this.training) throw whileTraining('open');
    const model = await openModel(files);
    await this.replaceModel(model);
    await this.survey(0);
    return this.summary();
  }

  encode(image: Float32Array): Promise<Encoded> {
    return this.use('encode', (model) => encode(model, image));
  }

  decode(features: Uint32Array, activations: Float32Array): Promise<Float32Array> {
    return this.use('decode', async (model) => {
      const rowOffsets = Uint32Array.of(0, features.length);
      const image = await model.decodeSparse({
        indices: features,
        values: activations,
        rowOffsets,
      });
      const values = (await image.data()) as Float32Array;
      image.dispose();
      return values;
    });
  }

  feature(feature: number): Promise<FeatureSeen> {
    return this.use('feature', async (model) => {
      if (this.codes === undefined) throw noModel('feature');
      return featureSeen(model, this.codes, feature);
    });
  }

  directions(features: Uint32Array): Promise<Float32Array> {
    return this.use('directions', (model) => directions(model, features));
  }

  private async run(training: Training): Promise<TrainingEnd> {
    const times = new SurveyTimes();
    try {
      const end = await training.run(async (row) => {
        this.reports.add(row);
        if (times.due) await times.take(() => this.survey(row.step));
      });
      await this.survey(end.steps);
      return end;
    } finally {
      this.reports.flush();
    }
  }

  private async survey(step: number): Promise<void> {
    const x = this.heldOut as tf.Tensor2D;
    const { survey, codes } = await this.use('survey', (model) => takeSurvey(model, x, step));
    this.codes = codes;
    this.tell({ report: 'survey', survey });
  }

  private summary(): ModelSummary {
    const { name, encodingDim: features } = this.model as SAEModel;
    return { name, className: (this.model as SAEModel).getClassName(), features };
  }

  private use<T>(what: string, act: (model: SAEModel) => Promise<T>): Promise<T> {
    return this.turns.use(async () => {
      if (this.model === undefined) throw noModel(what);
      return act(this.model);
    });
  }

  private replaceModel(model: SAEModel): Promise<void> {
    return this.turns.use(async () => {
      if (this.model) disposeModel(this.model);
      this.model = model;
      this.codes = undefined;
    });
  }
}
