import '@tensorflow/tfjs-backend-wasm';
import { forbidLeaks, use } from './backend';

use('wasm');
forbidLeaks();
