import type { FeatureEntry, ReportData } from '../analysis/featureReport/report';
import { commonestClass, FEWEST_ROWS, firesOn } from './featureTag';
import { DENSEST } from './tooDense';

/** The excess kurtosis of the Laplace distribution, for which sharpness is one half. */
const SHARP = 3;

const withinOne = (value: number) => Math.min(1, Math.max(0, value));

/**
 * Returns how interesting a feature is, from 0 to 1: the order in which a dashboard first shows
 * features.
 *
 * $$
 * s = r \cdot \tfrac12 (c + k), \qquad
 * r = \bigl[1 + \log_{10} \tfrac{n}{10}\bigr]_0^1 \cdot \bigl[1 - \log_{10} \tfrac{d}{0.1}\bigr]_0^1, \qquad
 * k = \frac{\kappa}{\kappa + 3}
 * $$
 *
 * with the density $d$, the number $n$ of rows (or images, if rows are positions) on which it
 * fires, and $\kappa$ the excess kurtosis of its decoder row, at least 0. So r is 1 from ten rows
 * up to a density of a tenth, and falls to 0 within a factor of ten on either side. With labels,
 * $c$ is how far the lower end of the purity's 99 % interval exceeds chance,
 * $(p - p_0) / (1 - p_0)$; without them it is the contrast, 1 minus the ratio of the mean
 * activation when it fires to the largest one.
 */
export function featureScore(
  entry: Pick<FeatureEntry, 'density' | 'images' | 'classes' | 'meanActive' | 'max' | 'kurtosis'>,
  data: Pick<ReportData, 'rows' | 'classNames' | 'classShares'>,
): number {
  const { density, meanActive, max, kurtosis } = entry;
  if (!(density > 0)) return 0;
  const enough = withinOne(1 + Math.log10(firesOn(entry, data) / FEWEST_ROWS));
  const sparse = withinOne(1 - Math.log10(density / DENSEST));
  const found = commonestClass(entry, data);
  const clear =
    found === undefined
      ? 1 - (max > 0 ? meanActive / max : 1)
      : (found.low - found.chance) / Math.max(Number.EPSILON, 1 - found.chance);
  const peaked = Math.max(0, kurtosis);
  return (enough * sparse * (withinOne(clear) + peaked / (peaked + SHARP))) / 2;
}
