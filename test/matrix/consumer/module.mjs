import * as tf from '@tensorflow/tfjs';
import * as wasm from '@tensorflow/tfjs-backend-wasm';
import * as main from 'gated-sae-tfjs';
import * as files from 'gated-sae-tfjs/node';
import { story } from './story.mjs';

console.log(JSON.stringify(await story({ tf, main, files, wasm }, process.argv[2])));
