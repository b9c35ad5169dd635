import { PIXELS, SIDE } from '../../images';
import { button, element } from '../elements';
import { drawImage } from '../tile';
import { dab, type Place, stroke } from './brush';

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The picture, on which one can draw with mouse, finger, pen or keyboard. */
export class Drawing {
  private readonly canvas = element('drawing', HTMLCanvasElement);
  private image = new Float32Array(PIXELS);
  private ink = true;
  private last: Place | undefined;
  /** The keyboard's place; shown while it is in use. */
  private cursor: Place | undefined;

  /** @param changed is told when somebody has drawn */
  constructor(private readonly changed: (image: Float32Array) => void) {
    const { canvas } = this;
    canvas.addEventListener('pointerdown', (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.cursor = undefined;
      this.last = this.placeOf(event);
      this.edit(() => dab(this.image, this.last as Place, this.ink));
    });
    canvas.addEventListener('pointermove', (event) => {
      const from = this.last;
      if (from === undefined) return;
      this.last = this.placeOf(event);
      this.edit(() => stroke(this.image, from, this.last as Place, this.ink));
    });
    for (const end of ['pointerup', 'pointercancel'] as const) {
      canvas.addEventListener(end, () => {
        this.last = undefined;
      });
    }
    // Keys are for drawing, not for reading on.
    canvas.setAttribute('role', 'application');
    canvas.addEventListener('keydown', (event) => this.key(event));
    canvas.addEventListener('blur', () => {
      this.cursor = undefined;
      this.show();
    });
    button('ink').addEventListener('click', () => this.take(true));
    button('eraser').addEventListener('click', () => this.take(false));
    button('clear').addEventListener('click', () => this.edit(() => this.image.fill(0)));
  }

  /** Puts a picture there, to look at or to draw on. */
  set(image: Float32Array): void {
    this.image = image.slice();
    this.show();
  }

  private take(ink: boolean): void {
    this.ink = ink;
    button('ink').setAttribute('aria-pressed', String(ink));
    button('eraser').setAttribute('aria-pressed', String(!ink));
  }

  private key(event: KeyboardEvent): void {
    const arrow = ARROWS[event.key];
    const paints = event.key === ' ';
    const erases = event.key === 'Backspace' || event.key === 'Delete';
    if (!arrow && !paints && !erases) return;
    event.preventDefault();
    this.cursor ??= { x: SIDE / 2 + 0.5, y: SIDE / 2 + 0.5 };
    const cursor = this.cursor;
    if (arrow) {
      cursor.x = Math.min(SIDE - 0.5, Math.max(0.5, cursor.x + arrow[0]));
      cursor.y = Math.min(SIDE - 0.5, Math.max(0.5, cursor.y + arrow[1]));
      this.show();
    } else {
      this.edit(() => dab(this.image, cursor, paints && this.ink));
    }
  }

  private edit(act: () => void): void {
    act();
    this.show();
    this.changed(this.image);
  }

  private show(): void {
    drawImage(this.canvas, this.image);
    if (this.cursor === undefined) return;
    const context = this.canvas.getContext('2d') as CanvasRenderingContext2D;
    context.fillStyle = '#ff9d2e';
    context.fillRect(Math.floor(this.cursor.x), Math.floor(this.cursor.y), 1, 1);
  }

  private placeOf({ clientX, clientY }: PointerEvent): Place {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return { x: ((clientX - left) / width) * SIDE, y: ((clientY - top) / height) * SIDE };
  }
}
