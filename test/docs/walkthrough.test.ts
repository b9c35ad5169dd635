import { encode } from 'fast-png';
import { differences, type Notebook, TOLERANCE } from '../walkthrough/compare';

/** A notebook of one cell that has shown this. */
const shows = (...outputs: unknown[]): Notebook =>
  ({ cells: [{ cell_type: 'code', source: '', outputs }] }) as Notebook;
const says = (text: string | string[], name = 'stdout') =>
  shows({ output_type: 'stream', name, text });
const picture = (width: number, grey: (pixel: number) => number) => {
  const data = Uint8Array.from({ length: width * 16 }, (_, pixel) => grey(pixel));
  const png = encode({ width, height: 16, data, channels: 1, depth: 8 });
  const base64 = Buffer.from(png).toString('base64');
  return shows({ output_type: 'display_data', data: { 'image/png': base64 } });
};
const chart = (svg: string) =>
  shows({ output_type: 'display_data', data: { 'image/svg+xml': svg } });

test('what is the same has no differences', () => {
  const text = ['loss 10.098\n', 'alive 899 of 1568\n'];
  expect(differences(says(text), says(text.join('')))).toEqual([]);
  const ramp = picture(16, (pixel) => pixel);
  expect(differences(ramp, ramp)).toEqual([]);
});

test('numbers may differ by the tolerance, and no more', () => {
  const near = (100 * (1 + 0.9 * TOLERANCE.relative)).toFixed(3);
  const far = (100 * (1 + 1.1 * TOLERANCE.relative)).toFixed(3);
  expect(differences(says('loss 100.000'), says(`loss ${near}`))).toEqual([]);
  expect(differences(says('loss 100.000'), says(`loss ${far}`))).toEqual([
    `cell 0: ${Number(far)}, where the committed one has 100`,
  ]);
  expect(differences(says('loss 100'), says('loss NaN'))).toHaveLength(1);
  expect(differences(says('sharpness 0.30'), says('sharpness -0.30'))).toHaveLength(1);
});

test('other words, errors, and outputs that are missing are found', () => {
  expect(differences(says('98 % Bag'), says('98 % Shirt'))).toEqual([
    'cell 0: says "98 % Shirt"; the committed one "98 % Bag"',
  ]);
  expect(differences(says('done'), says('done', 'stderr'))).toEqual([
    'cell 0: shows stderr; the committed one stdout',
  ]);
  expect(differences(says('no', 'stderr'), says('no', 'stderr'))).toEqual([
    'cell 0: an error was written: no',
  ]);
  expect(
    differences(
      picture(16, (pixel) => pixel),
      says('done'),
    ),
  ).toEqual(['cell 0: shows stdout; the committed one image/png']);
  expect(differences(says('done'), { cells: [] })[0]).toBe('0 cells in place of 1');
});

test('pictures of another size, empty pictures and other charts are found', () => {
  const ramp = picture(16, (pixel) => pixel);
  expect(
    differences(
      ramp,
      picture(8, (pixel) => pixel),
    ),
  ).toEqual(['cell 0: a picture of 8 × 16; the committed one has 16 × 16']);
  expect(
    differences(
      ramp,
      picture(16, () => 255),
    ),
  ).toEqual(['cell 0: an empty picture']);
  const line = '<svg><g aria-label="line"><path d="M0,0L1,1"/></g></svg>';
  expect(differences(chart(line), chart(line))).toEqual([]);
  expect(differences(chart(line), chart('<svg><g aria-label="line"/></svg>'))).toEqual([
    'cell 0: an empty chart',
  ]);
  expect(differences(chart(line), chart('<svg><g aria-label="dot"><path/></g></svg>'))).toEqual([
    'cell 0: a chart of aria-label="dot"; the committed one of aria-label="line"',
  ]);
});
