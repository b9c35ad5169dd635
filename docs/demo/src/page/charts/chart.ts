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
    chart('Loss and its terms', losses, { scale: 'log', marks }),
    chart(
      'Variance explained',
      history.ofSurveys(({ explained }) => Math.max(0, explained)),
      { format: percent, tick: (value) => `${short(100 * value)} %` },
    ),
    chart(
      'L0: active features a picture',
      history.ofSurveys(({ l0 }) => l0),
      { marks },
    ),
    chart(
      'Alive features',
      history.ofSurveys(({ alive }) => alive),
    ),
    chart(
      'Learning rate',
      history.ofSteps(({ learningRate }) => learningRate),
    ),
    chart('Steps a second', history.speed()),
  ];
}

function chart(title: string, of: Curve[] | Point[], more: Partial<Chart> = {}): Chart {
  const curves = of.every((part) => 'points' in part) ? of : [{ name: '', points: of as Point[] }];
  const { format = short } = more;
  return { title, curves, scale: 'linear', marks: [], format, tick: format, ...more };
}
