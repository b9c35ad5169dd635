import '@tensorflow/tfjs-backend-webgpu';
import { forbidLeaks, use } from './backend';

use('webgpu');
forbidLeaks();
