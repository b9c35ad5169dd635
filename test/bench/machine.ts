import { cpus, totalmem } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import { version_wasm } from '@tensorflow/tfjs-backend-wasm';
import { version } from '../../package.json';

/** The processor's name without its trimmings: Intel Xeon. */
export function processor(): string {
  const model = cpus()[0]?.model ?? 'an unknown processor';
  return model
    .replace(/\((R|TM)\)|\b(CPU|Processor)\b|@.*/gi, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** What computes, in words. */
export function machine(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? 'an unknown CPU';
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB of memory`;
  return `${model} × ${processors.length}, ${memory}, ${process.platform} ${process.arch}`;
}

/** The versions of all that takes part, by name. */
export function versions(more: Readonly<Record<string, string>>): Record<string, string> {
  return {
    'gated-sae-tfjs': version,
    Node: process.versions.node,
    V8: process.versions.v8,
    'TensorFlow.js': tf.version.tfjs,
    'tfjs-backend-wasm': version_wasm,
    ...more,
  };
}
