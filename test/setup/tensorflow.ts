import { forbidLeaks, use } from './backend';

// By a name that the compiler does not follow: it is there only where somebody has built it.
const TFJS_NODE: string = '@tensorflow/tfjs-node';
require(TFJS_NODE);

// Each operation crosses into native code and back: slow where the tests' tensors are this small.
jest.setTimeout(240_000);
use('tensorflow');
forbidLeaks();
