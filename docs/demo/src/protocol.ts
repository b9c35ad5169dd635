// What the page and the worker say to each other.

/** How sparse codes are to be: how many features are to fire on an image, or the penalty's weight. */
export interface Sparsity {
  by: 'l0' | 'lambda';
  value: number;
}

/** What a training starts with. */
export interface Settings {
  /** Its short name among the library's architectures. */
  architecture: string;
  /** That of a second dictionary, which is trained beside it on the same images; null for none. */
  rival: string | null;
  /** Whether the dictionary that is there is trained further, whatever is said of a new one. */
  goOn: boolean;
  features: number;
  epochs: number;
  batchSize: number;
  /** At the start. */
  sparsity: Sparsity;
  /** The highest learning rate: it warms up to it, and decays. */
  learningRate: number;
  seed: number;
}

/** What there is to work with. */
export interface Environment {
  backend: string;
  /** Whether threads can share memory here. */
  isolated: boolean;
  /** The architectures' short names and their classes. */
  architectures: ArchitectureChoice[];
  pictures: Pictures;
}

/** What is trained on and looked at. */
export interface Pictures {
  /** `[pictures × PIXELS]`, from 0 to 1: those that training never sees. */
  heldOut: Float32Array;
  /** The class of each; none where that is not known. */
  labels: Uint8Array;
  /** What the classes are called, where they have names. */
  classNames: readonly string[];
  /** How many training sees. */
  training: number;
}

/** An architecture that can be trained. */
export interface ArchitectureChoice {
  /** Its short name. */
  name: string;
  className: string;
  /** Whether there is a λ to choose. */
  hasLambda: boolean;
}

/** One step of training. */
export interface StepRow {
  /** Counted from 1, as epochs are. */
  step: number;
  epoch: number;
  /** Of which dictionary: 0, or 1 for the one beside it. */
  dictionary: number;
  /** What has been asked for by then. */
  sparsity: Sparsity;
  learningRate: number;
  /** How long it took. */
  seconds: number;
  /** The loss, and its terms by the names that the architecture gives them. */
  losses: Record<string, number>;
}

/** How training has ended. */
export interface TrainingEnd {
  /** False where somebody has stopped it. */
  finished: boolean;
  steps: number;
  /** Without the pauses. */
  seconds: number;
  /** What has computed the steps: 'sparse' or 'tensor'. */
  step: string;
  threads: number;
}

/** The model that is there. */
export interface ModelSummary {
  /** As a file names it: text from strangers. */
  name: string;
  className: string;
  features: number;
}

/** What the dictionary does on the held-out images. */
export interface Survey {
  /** Of which dictionary: 0, or 1 for the one beside it. */
  dictionary: number;
  /** After which step; 0 for a model that has been opened. */
  step: number;
  /** Mean number of active features. */
  l0: number;
  /** Features that fire on one image or more. */
  alive: number;
  features: number;
  /** The share of the images' variance that the reconstructions keep. */
  explained: number;
  /** Each feature's mean activation where it fires, 0 where it never does. */
  meanActive: Float32Array;
  /** The features that are active most, in mean over all images. */
  gallery: Gallery;
}

/** Some features, to be shown side by side. */
export interface Gallery {
  /** Their numbers, the most active one first. */
  features: Uint32Array;
  /** `[features × PIXELS]`: their directions. */
  rows: Float32Array;
}

/** What one feature does on the held-out images, as of the last survey. */
export interface FeatureSeen {
  feature: number;
  /** `[PIXELS]`: what it adds to a picture. */
  direction: Float32Array;
  /** On how many of the images it fires. */
  fires: number;
  /** Its mean activation where it fires, 0 where it never does. */
  meanActive: number;
  /** The images on which it is strongest, that first, and how strong it is there. */
  images: Uint32Array;
  activations: Float32Array;
}

/** What one image is to the dictionary. */
export interface Encoded {
  /** Its active features, the strongest first, and how strong they are. */
  features: Uint32Array;
  activations: Float32Array;
  /** `[features × PIXELS]`: their directions. */
  rows: Float32Array;
}

/** A file to be saved. */
export interface SavedFile {
  name: string;
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** A model in one of two formats, or a page that tells what its features do. */
export type SaveFormat = 'keras' | 'tfjs' | 'dashboard';

/** What the page can ask of the worker. */
export interface Studio {
  /** To be called first. */
  prepare(imageUrl: string): Promise<Environment>;
  /** Trains a new dictionary, or two, or that which is there; resolves when that has ended. */
  train(settings: Settings): Promise<TrainingEnd>;
  /** Between two steps. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends training after the step that is under way. */
  stop(): Promise<void>;
  /** Counts from the next step on. */
  setSparsity(value: number): Promise<void>;
  /** Which dictionary all that follows is about, where there are two: 0 or 1. */
  choose(dictionary: number): Promise<void>;
  /** What the other dictionary makes of an image; undefined where there is none. */
  rebuiltByRival(image: Float32Array): Promise<Float32Array | undefined>;
  /** The model as it is now, also in the midst of training. */
  save(format: SaveFormat): Promise<SavedFile[]>;
  /**
   * A dictionary: a `.keras` file, a model.json and its weights, or what SAELens and others have saved. Or
   * pictures to train on and look at: images, `.csv` and `.npy` files; then there is no model to be told of.
   */
  open(files: File[]): Promise<ModelSummary | undefined>;
  /** What a feature does. */
  feature(feature: number): Promise<FeatureSeen>;
  /** What an image is to the dictionary. */
  encode(image: Float32Array): Promise<Encoded>;
  /** The image that features at these activations make. */
  decode(features: Uint32Array, activations: Float32Array): Promise<Float32Array>;
  /** `[features × PIXELS]`: the directions of features. */
  directions(features: Uint32Array): Promise<Float32Array>;
}

/** One question, with a number by which its answer is known. */
export type Question = {
  [Name in keyof Studio]: { id: number; name: Name; args: Parameters<Studio[Name]> };
}[keyof Studio];

/** An answer, or what went wrong. */
export type Answer = { id: number; result: unknown } | { id: number; error: string };

/** What the worker tells unasked. */
export type Report =
  | { report: 'started'; models: ModelSummary[]; steps: number; stepsPerEpoch: number }
  | { report: 'opened'; models: ModelSummary[] }
  | { report: 'pictures'; pictures: Pictures }
  | { report: 'steps'; rows: StepRow[] }
  | { report: 'survey'; survey: Survey };
