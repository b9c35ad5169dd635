import '@tensorflow/tfjs-backend-wasm';
import { runOn } from './backend';

runOn('wasm');
