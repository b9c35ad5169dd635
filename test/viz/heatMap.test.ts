import { cellOf, greyOf, heatPixels } from '../../src/viz/image/heatMap';

/** How light a place is when it is laid over a grey of the image. */
function lightness(share: number, grey: number): number {
  const [r, g, b, opacity] = heatPixels([share], 1) as unknown as [number, number, number, number];
  const over = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  const alpha = opacity / 255;
  return alpha * over + (1 - alpha) * grey;
}

test.each([0, 60, 128, 200, 255])('over a grey of %d the stronger is the lighter', (grey) => {
  const shares = Array.from({ length: 51 }, (_, i) => i / 50);
  const light = shares.map((share) => lightness(share, grey));
  for (let i = 1; i < light.length; i++) {
    expect(light[i]).toBeGreaterThan((light[i - 1] as number) - 0.75); // bytes are rounded
  }
  expect((light.at(-1) as number) - (light[0] as number)).toBeGreaterThan(110);
});

test('a place that fires little is told from one that does not, and both from one without a row', () => {
  const [dark, faint, none] = [[0], [1e-9], [null]].map((one) => [...heatPixels(one, 1)]);
  expect(dark).toEqual([0, 0, 0, 166]);
  expect(faint?.slice(0, 3)).not.toEqual([0, 0, 0]);
  expect(none).toEqual([0, 0, 0, 230]);
});

test('shares are of the feature, not of the image; above its maximum is as its maximum', () => {
  expect(heatPixels([1, 2], 4)).toEqual(heatPixels([0.25, 0.5], 1));
  expect(heatPixels([5], 1)).toEqual(heatPixels([1], 1));
  expect(heatPixels([0, 3], 0)).toEqual(heatPixels([0, 0], 1));
});

test('greys are as light as the colours were', () => {
  const grey = greyOf(Uint8Array.of(255, 0, 0, 0, 255, 0, 9, 9, 9));
  expect([...grey]).toEqual([54, 54, 54, 182, 182, 182, 9, 9, 9]);
});

test('a place lies where its line and column are', () => {
  expect(cellOf([2, 4], 6, { width: 100, height: 60 })).toEqual({
    x: 50,
    y: 30,
    width: 25,
    height: 30,
  });
});
