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

# What each architecture comes to

A dictionary is good where few features rebuild a row well, where features are those that the rows are made of, and where another seed finds the same ones. \`npm run bench -- quality\` measures all three and writes this page. Every number is of rows that no training has seen.

## On real rows

Fashion-MNIST as the [quickstart](getting-started.md) splits it: ${thousands(SIZES.images)} images to train on, 10,000 to measure on; 784 → ${thousands(SIZES.encodingDim)} features, ${SIZES.epochs} epochs, batches of ${SIZES.batchSize}, ${SEEDS.length} seeds. Each architecture is trained as \`gated-sae quickstart --learning-rate ${SIZES.learningRate}\` does and asked for an L0 of ${L0S.join(', ')}; the recipe was tuned on training images alone. A cell has the explained variance, its mean over seeds and its range; the L0 that the held-out images came to; and the features that fired on none of them.

![L0 against explained variance](pictures/quality-front.svg)

${frontTable(all)}

The peers are SAELens's and dictionary_learning's own trainers, on the same rows, sizes and steps, with one seed, at rates of ${RATES}, whichever is the best at each L0. Their Gated SAEs cannot be asked for an L0: they were trained at ${PENALTIES.length} penalties from ${PENALTIES[0]} to ${PENALTIES.at(-1)}, and the number is on the line between the two trainings next to that L0. Principal components and pixels need no training: of each row the largest coefficients are kept.

*Shared by two seeds*: the share of features that are each other's nearest in the dictionaries of two seeds, with a cosine of 0.7 or more. What two seeds do not share says more of the seed than of the rows.

## On rows of known features

${SYNTHETIC.features} directions in ${SYNTHETIC.inputDim} dimensions; a row is the sum of some. They are *flat*, each in 5 % of the rows for itself; *hierarchical*, where a parent is in 20 % of the rows and one of its seven children in 60 % of these, and nowhere else; or *correlated*, where four that belong together come together more often than not. A dictionary of as many features is asked for as many active ones as there are.

*MCC* is the mean cosine of each true feature with the one that was found for it, matched one to one so that it is as large as can be: 1 is all of them. *Absorbed* is the share of rows with a parent and a child on which the parent's feature is silent, since the child's has taken its direction over.

${syntheticTable(all)}
`;
