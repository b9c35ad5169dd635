import type { Measured } from './measured';
import { LEARNING_RATES, PENALTIES } from './peers';
import { L0S, SEEDS, SIZES, SYNTHETIC } from './settings';
import { frontTable, syntheticTable } from './tables';

const thousands = (n: number) => n.toLocaleString('en-US');
const RATES = LEARNING_RATES.map((rate) => rate.toExponential()).join(', ');

/** docs/quality.md: what was measured, and how. */
export const page = (all: Measured): string => `---
title: Quality
---

# Quality: how good each architecture is

![L0 against explained variance](pictures/quality-front.svg)

A dictionary is good if few features rebuild a row well, if its features are those that the rows are made of, and if another seed finds the same ones. \`npm run bench -- quality\` measures all three and writes this page. All numbers are from rows that training has not seen.

## On real rows

Fashion-MNIST split as in the [quickstart](getting-started.md): ${thousands(SIZES.images)} images to train on, 10,000 to measure on; 784 → ${thousands(SIZES.encodingDim)} features, ${SIZES.epochs} epochs, batches of ${SIZES.batchSize}, ${SEEDS.length} seeds. Each architecture is trained as \`gated-sae quickstart --learning-rate ${SIZES.learningRate}\` does, with a target L0 of ${L0S.join(', ')}; the recipe was tuned on training images alone. A cell has the explained variance (its mean over seeds and its range), the L0 on the held-out images, and the number of features that fired on none of them.

${frontTable(all)}

\`sae_lens\` and \`dictionary_learning\` are the own trainers of SAELens and dictionary_learning, on the same rows, sizes and steps, with one seed, at learning rates of ${RATES}, whichever is best at each L0. Their Gated SAEs have no target L0: they were trained at ${PENALTIES.length} penalties from ${PENALTIES[0]} to ${PENALTIES.at(-1)}, and the number is interpolated between the two trainings nearest to that L0. Principal components and pixels need no training: the largest coefficients of each row are kept.

*Shared by two seeds* is the share of features that are each other's nearest in the dictionaries of two seeds, with a cosine of 0.7 or more. What two seeds do not share says more about the seed than about the rows.

## On rows of known features

${SYNTHETIC.features} directions in ${SYNTHETIC.inputDim} dimensions; each row is the sum of some. They are *flat*: each is in 5 % of the rows, independently; *hierarchical*: a parent is in 20 % of the rows, and one of its seven children in 60 % of these, and nowhere else; or *correlated*: groups of four appear together more often than not. The dictionary has as many features as there are directions, and its target L0 is the true number of active ones.

*MCC* is the mean cosine of each true feature with the learned feature that is matched to it, one to one so that the mean is as large as possible: 1 means that all were found. *Absorbed* is the share of rows with a parent and a child on which the parent's feature is silent, because the child's feature has absorbed its direction.

${syntheticTable(all)}
`;
