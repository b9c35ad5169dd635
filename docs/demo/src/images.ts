export { CLASS_NAMES } from '../../../src/cli/data/fashionMnistClasses';

/** Height and width of an image. */
export const SIDE = 28;
/** Values in an image, and so in a row of the dictionary's input. */
export const PIXELS = SIDE * SIDE;

/** The file beside the page that holds them: first those that training never sees. */
export const IMAGE_FILE = 'fashion-mnist.bin';
/** Images that training never sees: they measure, and are looked at. */
export const HELD_OUT = 1000;
/** Images that training sees. */
export const IMAGES = 12_000;
