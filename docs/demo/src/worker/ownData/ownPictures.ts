/** More are left out: a page's memory is small. */
export const MOST = 30_000;

/** Pictures as bytes, with the class of each, where that is known. */
export interface OwnPictures {
  /** `[pictures × PIXELS]` */
  pixels: Uint8Array;
  /** One a picture, or none. */
  labels: Uint8Array;
}
