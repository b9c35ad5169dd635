import { PIXELS } from '../../images';
import type { Pictures, Studio, Survey } from '../../protocol';
import { button, element } from '../elements';
import { latest } from '../latest';
import { percent, short } from '../numbers';
import { drawImage } from '../tile';
import { AddFeature } from './addFeature';
import { Drawing } from './drawing';
import { FeatureList } from './featureList';
import { Steering } from './steering';
import { Strip } from './strip';

/** Takes a picture apart into features, and puts it together as they are turned. */
export class Explorer {
  private readonly rebuilt = element('rebuilt', HTMLCanvasElement);
  private readonly steering = new Steering();
  private readonly list: FeatureList;
  private readonly drawing: Drawing;
  private readonly strip: Strip;
  private readonly add: AddFeature;
  private meanImage: Float32Array;
  private readonly directions = new Map<number, Float32Array>();
  private readonly rival = element('rival', HTMLCanvasElement);
  private image: Float32Array = new Float32Array(PIXELS);
  private hasModel = false;

  constructor(
    private readonly studio: Studio,
    pictures: Pictures,
    private readonly listeners: {
      open(feature: number): void;
      failed(error: unknown): void;
    },
  ) {
    this.list = new FeatureList({ changed: () => this.steered(), open: listeners.open });
    this.meanImage = meanOf(pictures.heldOut);
    this.drawing = new Drawing((image) => {
      this.strip.unpick();
      this.look(image, 'Your drawing');
    });
    this.strip = new Strip(pictures, (image, name) => {
      this.drawing.set(image);
      this.look(image, name);
    });
    this.add = new AddFeature((feature, activation) => void this.addFeature(feature, activation));
    button('reset').addEventListener('click', () => this.reset());
    this.strip.show();
  }

  /** There is another model, which has nothing to do with the one before. */
  modelReplaced(): void {
    this.hasModel = true;
    this.encode(this.image, false);
  }

  /** The model has learnt; what somebody has turned stays turned. */
  modelChanged({ features, meanActive }: Survey): void {
    this.add.offer(features, meanActive);
    this.encode(this.image, true);
  }

  /** There are other pictures. */
  take(pictures: Pictures): void {
    this.meanImage = meanOf(pictures.heldOut);
    this.strip.take(pictures);
  }

  /** The dictionary beside it has learnt. */
  rivalChanged(): void {
    this.encode(this.image, true);
  }

  /** Takes one of the pictures apart that training never sees. */
  lookAt(image: number): void {
    this.strip.showWith(image);
  }

  /** Adds a feature, as strong as it usually is, to the picture. */
  addUsual(feature: number): void {
    void this.addFeature(feature, this.add.usualOf(feature));
  }

  private look(image: Float32Array, name: string): void {
    this.image = image.slice();
    element('drawing-caption', HTMLElement).textContent = name;
    if (this.hasModel) this.encode(this.image, false);
  }

  private readonly encode = latest(
    async (image: Float32Array, keep: boolean) => {
      const { studio, steering } = this;
      const encoded = await studio.encode(image);
      const added = Uint32Array.from(keep ? steering.added : [], ({ feature }) => feature);
      const rows = added.length > 0 ? await studio.directions(added) : new Float32Array(0);
      // All at once: somebody may add a feature, or turn one, while an answer is awaited.
      steering.show(encoded, keep);
      this.takeDirections(added, rows);
      this.takeDirections(encoded.features, encoded.rows);
      this.showFeatures();
      await this.rebuild();
      await this.showRival(image);
    },
    (error) => this.listeners.failed(error),
  );

  private readonly rebuildSoon = latest(
    () => this.rebuild(),
    (error) => this.listeners.failed(error),
  );

  /** @param rows `[features × PIXELS]` */
  private takeDirections(features: Uint32Array, rows: Float32Array): void {
    features.forEach((feature, i) => {
      this.directions.set(feature, rows.subarray(i * PIXELS, (i + 1) * PIXELS));
    });
  }

  private showFeatures(): void {
    const { all, added } = this.steering;
    const there = new Set(all.map(({ feature }) => feature));
    for (const feature of this.directions.keys()) {
      if (!there.has(feature)) this.directions.delete(feature);
    }
    this.list.show(all, (feature) => this.directions.get(feature) as Float32Array);
    const own = all.length - added.length;
    element('no-features', HTMLElement).hidden = own > 0;
    element('features-title', HTMLElement).textContent = `Its ${own} features`;
    button('reset').disabled = !this.steering.isSteered;
  }

  private async rebuild(): Promise<void> {
    const { features, activations } = this.steering.codes();
    const rebuilt = await this.studio.decode(features, activations);
    drawImage(this.rebuilt, rebuilt);
    const what = this.steering.isSteered ? 'Steered' : 'From its features';
    const error = short(squaredDistance(this.image, rebuilt));
    const caption = `${what}: ${this.explained(this.image, rebuilt)} explained, squared error ${error}`;
    element('rebuilt-caption', HTMLElement).textContent = caption;
    this.rebuilt.setAttribute('aria-label', caption);
  }

  /** What the other dictionary makes of the picture, where there is one. */
  private async showRival(image: Float32Array): Promise<void> {
    const rebuilt = await this.studio.rebuiltByRival(image);
    element('rival-figure', HTMLElement).hidden = rebuilt === undefined;
    if (rebuilt === undefined) return;
    drawImage(this.rival, rebuilt);
    const caption = `From the other dictionary: ${this.explained(image, rebuilt)} explained`;
    element('rival-caption', HTMLElement).textContent = caption;
    this.rival.setAttribute('aria-label', caption);
  }

  private explained(image: Float32Array, rebuilt: Float32Array): string {
    const error = squaredDistance(image, rebuilt);
    return percent(1 - error / squaredDistance(image, this.meanImage));
  }

  private steered(): void {
    button('reset').disabled = !this.steering.isSteered;
    this.rebuildSoon();
  }

  private reset(): void {
    this.steering.reset();
    this.showFeatures();
    this.rebuildSoon();
  }

  private async addFeature(feature: number, activation: number): Promise<void> {
    try {
      const direction = await this.studio.directions(Uint32Array.of(feature));
      if (this.steering.add(feature, activation)) {
        this.takeDirections(Uint32Array.of(feature), direction);
        this.showFeatures();
        this.rebuildSoon();
      }
      this.list.focus(feature);
    } catch (error) {
      this.listeners.failed(error);
    }
  }
}

function meanOf(images: Float32Array): Float32Array {
  const mean = new Float32Array(PIXELS);
  const count = images.length / PIXELS;
  images.forEach((value, i) => {
    mean[i % PIXELS] = (mean[i % PIXELS] as number) + value / count;
  });
  return mean;
}

const squaredDistance = (a: Float32Array, b: Float32Array) =>
  a.reduce((sum, value, i) => sum + (value - (b[i] as number)) ** 2, 0);
