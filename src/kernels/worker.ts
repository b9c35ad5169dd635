import { COMMANDS } from './exports';

/** The words at the start of the memory with which the host drives its threads, as i32. */
export const WORDS = { generation: 0, finished: 1, command: 2, sizes: 3 } as const;
/** How many numbers `configure` takes. */
export const SIZE_COUNT = 19;

/** What a thread starts with. */
export interface WorkerStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  architecture: string;
  thread: number;
  threads: number;
}

/**
 * What each thread runs, in Node and in a page: waits for a command, carries it out, and where it
 * was the last to finish, says so.
 *
 * As text, for there is no file of it that Node, bundlers and script tags would all find.
 */
export const WORKER_SOURCE = `'use strict';
const run = ({ module, memory, architecture, thread, threads }, post) => {
  const words = new Int32Array(memory.buffer, 0, 64);
  try {
    const imports = { env: { memory }, host: { now: () => performance.now() } };
    const { exports } = new WebAssembly.Instance(module, imports);
    exports[architecture]();
    for (let generation = 0; ; ) {
      Atomics.wait(words, ${WORDS.generation}, generation);
      generation = Atomics.load(words, ${WORDS.generation});
      const command = ${JSON.stringify(COMMANDS)}[words[${WORDS.command}]];
      if (command === undefined) return;
      if (command === 'configure') {
        exports.configure(...words.subarray(${WORDS.sizes}, ${WORDS.sizes + SIZE_COUNT}));
      } else {
        exports[command](thread);
      }
      if (Atomics.add(words, ${WORDS.finished}, 1) === threads - 1) post({ finished: generation });
    }
  } catch (error) {
    post({ error: String(error) });
  }
};
if (typeof require === 'function') {
  const { parentPort, workerData } = require('node:worker_threads');
  run(workerData, (message) => parentPort.postMessage(message));
} else {
  self.onmessage = ({ data }) => {
    run(data, (message) => self.postMessage(message));
    self.close();
  };
}
`;
