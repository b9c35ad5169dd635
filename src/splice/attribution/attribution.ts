/** A feature at a position of the layer. */
export interface AttributedPosition {
  /** A token's place, or the place in a feature map, row by row; 0 of a dense layer. */
  position: number;
  /** The feature's code there. */
  code: number;
  /** What of the feature's attribution comes from there. */
  attribution: number;
}

/** A feature that an output hangs on. */
export interface AttributedFeature {
  /** Its number. */
  feature: number;
  /** What it adds to the output, by the method: the sum over its positions. */
  attribution: number;
  /** With `check`: the output less the output without the feature, measured. */
  change?: number;
  /** Where it fires, what adds or takes most first. */
  positions: AttributedPosition[];
}

/** The features that one output of a model hangs on, for one input: plain JSON. */
export interface Attribution {
  /** The layer that the features are of. */
  layer: string;
  /** The class whose output it is. */
  output: number;
  /** How it was computed. */
  method: 'gradient' | 'integrated';
  /** $o(x)$: the output, as the model makes it. */
  value: number;
  /** $o(x_0)$: the output with no feature on, and with what the dictionary misses. */
  baseline: number;
  /** Sum of the attributions of all features, those beyond `top` too. */
  total: number;
  /** `total` $- (o(x) - o(x_0))$: 0 for integrated gradients of enough steps. */
  completenessError: number;
  /** Features that fire. */
  active: number;
  /** Those with the largest attributions, whatever their sign. */
  features: AttributedFeature[];
}
