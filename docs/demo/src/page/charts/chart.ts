import { percent, short } from '../numbers';
import type { History, Point, SparsityChange } from './history';

/** One curve of a chart. */
export interface Curve {
  /** Empty where it is the only one. */
  name: string;
  points: Point[];
}

/** One chart. */
export interface Chart {
  title: string;
  /** What it is, in a sentence. */
  about: string;
  curves: Curve[];
  scale: 'linear' | 'log';
  /** Where another sparsity was asked for. */
  marks: readonly SparsityChange[];
  /** A value in words, and on the axis. */
  format(value: number): string;
  tick(value: number): string;
}

/** What has been told of a dictionary's training, and what to call it where there are two. */
export interface Told {
  name: string;
  history: History;
}

/** What there is to see of a training, of one dictionary or of two. */
export function chartsOf(told: readonly Told[]): Chart[] {
  const curves = (pointsOf: (history: History) => Point[]) =>
    told.map(({ name, history }) => ({ name, points: pointsOf(history) }));
  const marks = told[0]?.history.changes ?? [];
  return [
    chart(
      'Variance explained',
      'How much of what tells pictures apart is in the rebuilt ones too.',
      curves((history) => history.ofSurveys(({ explained }) => Math.max(0, explained))),
      { format: percent, tick: (value) => `${short(100 * value)} %` },
    ),
    chart(
      'L0: active features a picture',
      'With how few features a picture is described, on average.',
      curves((history) => history.ofSurveys(({ l0 }) => l0)),
      { marks },
    ),
    chart(
      'Loss and its terms',
      'What training makes small, by its parts.',
      told.flatMap((one) => losses(one, told.length > 1)),
      { scale: 'log', marks },
    ),
    chart(
      'Alive features',
      'Features that fire on one picture or more of those that it has not seen.',
      curves((history) => history.ofSurveys(({ alive }) => alive)),
    ),
    chart(
      'Learning rate',
      'How far a step goes: it warms up, and decays.',
      curves((history) => history.ofSteps(({ learningRate }) => learningRate)).slice(0, 1),
    ),
    chart(
      'Steps a second',
      'A step learns from one batch of pictures.',
      curves((history) => history.speed()),
    ),
  ];
}

/** The loss and its terms; of two dictionaries the part alone that both have. */
function losses({ name, history }: Told, isOneOfTwo: boolean): Curve[] {
  const shown = history.lossNames.filter((loss) => !isOneOfTwo || loss === 'L_reconstruct');
  return shown.map((loss) => ({
    name: `${name} ${loss.replace(/^L_/, '')}`.trim(),
    points: history.ofSteps((row) => row.losses[loss] as number),
  }));
}

function chart(title: string, about: string, curves: Curve[], more: Partial<Chart> = {}): Chart {
  const { format = short } = more;
  return { title, about, curves, scale: 'linear', marks: [], format, tick: format, ...more };
}
