/**
 * The numbers of one row as somebody types them: with spaces, commas or lines between them, or as JSON.
 *
 * @throws Error, in words for the page
 */
export function rowOf(text: string, width: number): Float32Array {
  const words = text.split(/[\s,;[\]]+/).filter((word) => word !== '');
  const numbers = words.map(Number);
  const wrong = numbers.findIndex((number) => !Number.isFinite(Math.fround(number)));
  if (wrong >= 0) throw new Error(`“${(words[wrong] as string).slice(0, 40)}” is no number.`);
  if (numbers.length !== width) {
    throw new Error(`A row has ${width} numbers; these are ${numbers.length}.`);
  }
  return Float32Array.from(numbers);
}

/**
 * A row of an image's pixels: red, green, blue and opacity of each, 0 to 255, on black.
 *
 * @param channels 3 for a row of colours; of grey, it is how light the colour is
 * @param range the values of black and white
 */
export function rowOfPixels(
  pixels: ArrayLike<number>,
  channels: 1 | 3,
  [black, white]: readonly [number, number],
): Float32Array {
  const row = new Float32Array((pixels.length / 4) * channels);
  for (let pixel = 0; pixel < pixels.length / 4; pixel++) {
    const [red = 0, green = 0, blue = 0, opacity = 255] = [0, 1, 2, 3].map(
      (part) => pixels[4 * pixel + part] as number,
    );
    const values =
      channels === 3 ? [red, green, blue] : [0.299 * red + 0.587 * green + 0.114 * blue];
    values.forEach((value, channel) => {
      const share = (value * opacity) / 255 ** 2;
      row[channels * pixel + channel] = black + share * (white - black);
    });
  }
  return row;
}
