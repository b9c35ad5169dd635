import { HELD_OUT, IMAGES, PIXELS } from '../images';

/** The images, `[images × PIXELS]`, a byte a pixel. */
export interface ImageData {
  training: Uint8Array;
  heldOut: Uint8Array;
  /** The class of each held-out image. */
  labels: Uint8Array;
}

/** Fetches the images and unpacks them. */
export async function fetchImages(url: string): Promise<ImageData> {
  const response = await fetch(url);
  if (!response.ok || response.body === null) {
    throw new Error(`The images could not be loaded: ${url} answers ${response.status}.`);
  }
  const unpacked = response.body.pipeThrough(new DecompressionStream('gzip'));
  const content = new Uint8Array(await new Response(unpacked).arrayBuffer());
  const images = HELD_OUT + IMAGES;
  if (content.length !== images * (1 + PIXELS)) {
    throw new Error(`The images could not be read: ${url} holds ${content.length} bytes.`);
  }
  const pixels = content.subarray(images);
  return {
    heldOut: pixels.subarray(0, HELD_OUT * PIXELS),
    training: pixels.subarray(HELD_OUT * PIXELS),
    labels: content.slice(0, HELD_OUT),
  };
}

/** Bytes as what the dictionary sees: from 0 to 1. */
export const fromBytes = (bytes: Uint8Array): Float32Array =>
  Float32Array.from(bytes, (byte) => byte / 255);
