import { HELD_OUT } from '../../images';
import { percent, short } from '../numbers';
import type { History, LambdaChange, Point } from './history';

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
  /** Where λ became another. */
  marks: readonly LambdaChange[];
  /** A value in words, and on the axis. */
  format(value: number): string;
  tick(value: number): string;
}

/** What there is to see of a training. */
export function chartsOf(history: History): Chart[] {
  const losses = history.lossNames.map((name) => ({
    name: name.replace(/^L_/, ''),
    points: history.ofSteps((row) => row.losses[name] as number),
  }));
  const marks = history.lambdaChanges;
  return [
    chart(
      'Variance explained',
      'How much of what tells pictures apart is in the rebuilt ones too.',
      history.ofSurveys(({ explained }) => Math.max(0, explained)),
      { format: percent, tick: (value) => `${short(100 * value)} %` },
    ),
    chart(
      'L0: active features a picture',
      'With how few features a picture is described, on average.',
      history.ofSurveys(({ l0 }) => l0),
      { marks },
    ),
    chart('Loss and its terms', 'What training makes small, by its parts.', losses, {
      scale: 'log',
      marks,
    }),
    chart(
      'Alive features',
      `Features that fire on one of ${HELD_OUT.toLocaleString('en')} pictures or more.`,
      history.ofSurveys(({ alive }) => alive),
    ),
    chart(
      'Learning rate',
      'How far a step goes: it warms up, and decays.',
      history.ofSteps(({ learningRate }) => learningRate),
    ),
    chart('Steps a second', 'A step learns from one batch of pictures.', history.speed()),
  ];
}

function chart(
  title: string,
  about: string,
  of: Curve[] | Point[],
  more: Partial<Chart> = {},
): Chart {
  const curves = of.every((part) => 'points' in part) ? of : [{ name: '', points: of as Point[] }];
  const { format = short } = more;
  return { title, about, curves, scale: 'linear', marks: [], format, tick: format, ...more };
}
