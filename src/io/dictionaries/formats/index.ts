import type { DictionaryFormat } from '../format';
import { circuitTracer } from './circuitTracer';
import { csr } from './csr';
import { dictionaryLearning } from './dictionaryLearning';
import { gemmaScope } from './gemmaScope';
import { gemmaScope2 } from './gemmaScope2';
import { goodfire } from './goodfire';
import { keras } from './keras';
import { kerasWeights } from './kerasWeights';
import { llamaScope } from './llamaScope';
import { openai } from './openai';
import { qwenScope } from './qwenScope';
import { saelens } from './saelens';
import { sparsify } from './sparsify';
import { tfjs } from './tfjs';

/** All formats, in the order in which they are tried. */
export const FORMATS: readonly DictionaryFormat[] = [
  saelens,
  sparsify,
  llamaScope,
  circuitTracer,
  csr,
  keras,
  kerasWeights,
  tfjs,
  gemmaScope,
  gemmaScope2,
  dictionaryLearning,
  openai,
  qwenScope,
  goodfire,
];
