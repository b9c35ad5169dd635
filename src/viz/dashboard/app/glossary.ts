import type { DashboardData } from './dashboardData';

/** A word of the page, and what it means. */
export type Term = readonly [word: string, meaning: string];

/** The words that this report's pages use, in the order in which one meets them. */
export function glossary(data: DashboardData): Term[] {
  const { rowsWord, counted, labelled, hasEffects, hasMaps, head } = data;
  const { kind } = head.data;
  const only = (is: boolean, ...terms: Term[]) => (is ? terms : []);
  return [
    [
      'feature',
      'One direction of the dictionary. It fires on a row as far as the row goes that way.',
    ],
    ['row', ROW[kind]],
    [
      'score',
      `How much a feature is worth reading, from 0 to 1: r · (c + k) / 2. r, the density, is 1 from ten ${counted} to 10% and falls to 0 within a factor of ten on either side; c is ${labelled ? 'how far the purity lies above chance, less what chance may add' : 'the contrast, 1 less the mean when active by the maximum'}; k is kurtosis / (kurtosis + 3).`,
    ],
    [
      'density',
      `Share of the ${rowsWord} on which the feature fires. Below 1% it is rare, above 10% dense.`,
    ],
    ['activation', 'How strongly the feature fires, its code. 0 where it does not fire.'],
    [
      'mean, mean when active',
      `Mean activation over all ${rowsWord}, and over those on which it fires.`,
    ],
    ['dead', `A feature that fires on none of the ${rowsWord}.`],
    ...only(
      labelled,
      ['purity', `Share of the commonest class among the ${counted} on which the feature fires.`],
      [
        'MONO, POLY, few',
        `MONO: fires on ten ${counted} or more, the purity is plainly above chance, and the five strongest examples are of that class. POLY: on ten or more, and not so. Few: on fewer than ten, so that nobody can tell.`,
      ],
    ),
    [
      'decoder direction',
      kind === 'image'
        ? 'What the feature adds to an image: red makes it brighter, blue darker.'
        : 'What the feature adds to a row, one weight for each dimension.',
    ],
    [
      'kurtosis',
      'Excess kurtosis of the decoder direction, its sharpness: 0 where weights are spread like noise, high where a few carry it.',
    ],
    ...only(hasEffects, [
      'effect',
      'What the feature changes of each class of the model, as it was measured.',
    ]),
    ...only(hasMaps, [
      'where it fires',
      'Brighter places fire more strongly; the frame is where the feature fires most.',
    ]),
    [
      'examples by activation',
      'Drawn at random from each factor of two below the maximum: whether weak ones show the same as the strongest.',
    ],
    [
      'nearest by decoder',
      'Features whose directions are most alike, by cosine: 1 is the same, 0 unrelated, −1 opposite.',
    ],
    [
      'active together',
      `${rowsWord === 'rows' ? 'Rows' : 'Positions'} on which both fire, as a share of those on which either does.`,
    ],
    ...only(kind === 'token', [
      'token',
      'A piece of text. Signs that tokenizers use for spaces (Ġ, ▁, ##) are shown as the spaces that they mean; ⏎ is a line’s end.',
    ]),
  ];
}

const ROW = {
  image: 'One image of the data.',
  token: 'One token of a document, as the layer’s activations there.',
  position: 'One position of an image’s feature map, as the layer’s activations there.',
  vector: 'One vector of the data.',
} as const;
