import '@tensorflow/tfjs-backend-wasm';
import { use } from './backend';

// Examples leave their models to the page or program that they stand in.
use('wasm');
