import * as tf from '@tensorflow/tfjs-core';
import { ARCHITECTURES, type SAEModel, type SparseCodes } from 'gated-sae-tfjs';
import { CLASS_NAMES, PIXELS } from '../images';
import type {
  Encoded,
  Environment,
  FeatureSeen,
  ModelSummary,
  Pictures,
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
import { fetchImages, fromBytes, type ImageData } from './imageData';
import { OneAtATime } from './oneAtATime';
import { disposeModel, openModel } from './openModel';
import { isData, openData } from './ownData/open';
import { noModel, whileTraining } from './refusals';
import { saveDashboard } from './saveDashboard';
import { saveModel } from './saveModel';
import { StepReports } from './stepReports';
import { takeSurvey } from './survey';
import { SurveyTimes } from './surveyTimes';
import { Training } from './training';

/** A dictionary that is there, and its codes of the held-out images as of the last survey. */
interface Dictionary {
  readonly model: SAEModel;
  codes?: SparseCodes;
}

/** The worker's side: the images, the dictionaries that are there, and their training. */
export class Workbench implements Studio {
  private images: Uint8Array = new Uint8Array(0);
  /** `[pictures, PIXELS]` */
  private heldOut: tf.Tensor2D | undefined;
  private pictures: Pictures | undefined;
  /** One, or two side by side. */
  private dictionaries: Dictionary[] = [];
  /** Which of them the page asks about. */
  private chosen = 0;
  /** One for each of them, while they are trained. */
  private trainings: Training[] = [];
  /** From the moment on that somebody asks for it. */
  private isTraining = false;
  private readonly reports: StepReports;
  /** For all models: nobody disposes or changes one under somebody's hands; two train by turns. */
  private readonly turns = new OneAtATime();

  constructor(private readonly tell: (report: Report) => void) {
    this.reports = new StepReports(tell);
  }

  async prepare(imageUrl: string): Promise<Environment> {
    const [backend, images] = await Promise.all([startBackend(), fetchImages(imageUrl)]);
    const pictures = this.takePictures(images, CLASS_NAMES);
    const architectures = Object.entries(ARCHITECTURES).map(([name, { model, optionNames }]) => ({
      name,
      className: model.className,
      hasLambda: optionNames.includes('lambdaSparse'),
    }));
    const isolated = globalThis.crossOriginIsolated;
    return { backend, isolated, architectures, pictures };
  }

  async train(settings: Settings): Promise<TrainingEnd> {
    if (this.isTraining) throw whileTraining('train');
    this.isTraining = true;
    try {
      this.trainings = await this.trainingsFor(settings);
      const [{ steps, stepsPerEpoch }] = this.trainings as [Training];
      const models = this.dictionaries.map(({ model }) => summaryOf(model));
      this.tell({ report: 'started', models, steps, stepsPerEpoch });
      return await this.runAll();
    } finally {
      this.trainings = [];
      this.isTraining = false;
    }
  }

  async pause(): Promise<void> {
    await Promise.all(this.trainings.map((training) => training.pause()));
    this.reports.flush();
  }

  async resume(): Promise<void> {
    for (const training of this.trainings) training.resume();
  }

  async stop(): Promise<void> {
    for (const training of this.trainings) training.stop();
  }

  async setSparsity(value: number): Promise<void> {
    for (const training of this.trainings) training.setSparsity(value);
  }

  async choose(dictionary: number): Promise<void> {
    if (this.dictionaries[dictionary]) this.chosen = dictionary;
  }

  save(format: SaveFormat): Promise<SavedFile[]> {
    return this.use('save', ({ model }) =>
      format === 'dashboard'
        ? saveDashboard(model, this.heldOut as tf.Tensor2D, this.pictures as Pictures)
        : saveModel(model, format),
    );
  }

  async open(files: File[]): Promise<ModelSummary | undefined> {
    if (this.isTraining) throw whileTraining('open');
    if (isData(files)) {
      const data = await openData(files);
      const pictures = await this.turns.use(async () => this.takePictures(data, []));
      this.tell({ report: 'pictures', pictures });
      if (this.dictionaries.length > 0) await this.lookAgain();
      return undefined;
    }
    const model = await openModel(files);
    await this.replace([model]);
    await this.lookAgain();
    return summaryOf(model);
  }

  encode(image: Float32Array): Promise<Encoded> {
    return this.use('encode', ({ model }) => encode(model, image));
  }

  decode(features: Uint32Array, activations: Float32Array): Promise<Float32Array> {
    return this.use('decode', async ({ model }) => {
      const rowOffsets = Uint32Array.of(0, features.length);
      return valuesOf(
        await model.decodeSparse({ indices: features, values: activations, rowOffsets }),
      );
    });
  }

  rebuiltByRival(image: Float32Array): Promise<Float32Array | undefined> {
    return this.turns.use(async () => {
      const rival = this.dictionaries[1 - this.chosen];
      if (rival === undefined) return undefined;
      const x = tf.tensor2d(image, [1, image.length]);
      const codes = await rival.model.encodeSparse(x);
      x.dispose();
      return valuesOf(await rival.model.decodeSparse(codes));
    });
  }

  feature(feature: number): Promise<FeatureSeen> {
    return this.use('feature', async ({ model, codes }) => {
      if (codes === undefined) throw noModel('feature');
      return featureSeen(model, codes, feature);
    });
  }

  directions(features: Uint32Array): Promise<Float32Array> {
    return this.use('directions', ({ model }) => directions(model, features));
  }

  private takePictures(data: ImageData, classNames: readonly string[]): Pictures {
    this.images = data.training;
    this.heldOut?.dispose();
    const heldOut = fromBytes(data.heldOut);
    this.heldOut = tf.tensor2d(heldOut, [heldOut.length / PIXELS, PIXELS]);
    const training = data.training.length / PIXELS;
    this.pictures = { heldOut, labels: data.labels, classNames, training };
    return this.pictures;
  }

  /** Tells of the dictionaries that are there as of new ones: they, or the pictures, are others. */
  private async lookAgain(): Promise<void> {
    this.chosen = 0;
    this.tell({ report: 'opened', models: this.dictionaries.map(({ model }) => summaryOf(model)) });
    for (const dictionary of this.dictionaries.keys()) await this.survey(dictionary, 0);
  }

  /** The trainings that are asked for; their models are then those that are there. */
  private async trainingsFor(settings: Settings): Promise<Training[]> {
    const { images, turns } = this;
    const one = (of: Settings, dictionary: number, opened?: SAEModel) =>
      new Training(of, images, turns, dictionary, opened);
    if (settings.goOn) {
      const training = await this.use('train', async ({ model }) => one(settings, 0, model));
      await this.replace([training.model]);
      return [training];
    }
    const { rival } = settings;
    const all = [settings, ...(rival === null ? [] : [{ ...settings, architecture: rival }])];
    const trainings = all.map((of, dictionary) => one(of, dictionary));
    await this.replace(trainings.map(({ model }) => model));
    return trainings;
  }

  /** Trains to the end; where one ends by an error, so does the other. */
  private async runAll(): Promise<TrainingEnd> {
    const runs = this.trainings.map((training, dictionary) =>
      this.run(training, dictionary).catch(async (error) => {
        await this.stop();
        throw error;
      }),
    );
    const ended = await Promise.allSettled(runs);
    this.reports.flush();
    const ends = ended.map((one) => {
      if (one.status === 'rejected') throw one.reason;
      return one.value;
    });
    const seconds = ends.reduce((sum, end) => sum + end.seconds, 0);
    return { ...(ends[0] as TrainingEnd), seconds };
  }

  private async run(training: Training, dictionary: number): Promise<TrainingEnd> {
    const times = new SurveyTimes();
    const end = await training.run(async (row) => {
      this.reports.add(row);
      if (times.due) await times.take(() => this.survey(dictionary, row.step));
    });
    await this.survey(dictionary, end.steps);
    return end;
  }

  private async survey(dictionary: number, step: number): Promise<void> {
    const x = this.heldOut as tf.Tensor2D;
    const told = await this.turns.use(async () => {
      const there = this.dictionaries[dictionary];
      if (there === undefined) throw noModel('survey');
      const { survey, codes } = await takeSurvey(there.model, x, { dictionary, step });
      there.codes = codes;
      return survey;
    });
    this.tell({ report: 'survey', survey: told });
  }

  private use<T>(what: string, act: (dictionary: Dictionary) => Promise<T>): Promise<T> {
    return this.turns.use(async () => {
      const dictionary = this.dictionaries[this.chosen];
      if (dictionary === undefined) throw noModel(what);
      return act(dictionary);
    });
  }

  /** Disposes the models that are there, but for those that stay. */
  private replace(models: readonly SAEModel[]): Promise<void> {
    return this.turns.use(async () => {
      for (const { model } of this.dictionaries) if (!models.includes(model)) disposeModel(model);
      this.dictionaries = models.map((model) => ({ model }));
      this.chosen = 0;
    });
  }
}

const summaryOf = (model: SAEModel): ModelSummary => ({
  name: model.name,
  className: model.getClassName(),
  features: model.encodingDim,
});

/** A tensor's values; the tensor is disposed. */
async function valuesOf(tensor: tf.Tensor): Promise<Float32Array> {
  const values = (await tensor.data()) as Float32Array;
  tensor.dispose();
  return values;
}
