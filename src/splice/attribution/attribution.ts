/** A feature's share at one position of the layer. */
export interface AttributedPosition {
  /** The token's index, or the place in a feature map, counted row by row; 0 for a dense layer. */
  position: number;
  /** The feature's code there. */
  code: number;
  /** The part of the feature's attribution from this position. */
  attribution: number;
}

/** A feature that an output depends on. */
export interface AttributedFeature {
  /** The feature's number. */
  feature: number;
  /** Its contribution to the output, by the method: the sum over its positions. */
  attribution: number;
  /** With `check`: the output minus the output without the feature, measured. */
  change?: number;
  /** Where it fires, largest contributions (of either sign) first. */
  positions: AttributedPosition[];
}

/** The features that one output of a model depends on, for one input: plain JSON. */
export interface Attribution {
  /** The name of the layer. */
  layer: string;
  /** The number of the explained class. */
  output: number;
  /** How it was computed. */
  method: 'gradient' | 'integrated';
  /** $o(x)$: the model's output. */
  value: number;
  /** $o(x_0)$: the output with every feature off, and the reconstruction error kept. */
  baseline: number;
  /** Sum of the attributions of all features, including those beyond `top`. */
  total: number;
  /** `total` $- (o(x) - o(x_0))$: 0 for integrated gradients with enough steps. */
  completenessError: number;
  /** The number of features that fire. */
  active: number;
  /** The features with the largest attributions, by absolute value. */
  features: AttributedFeature[];
}
