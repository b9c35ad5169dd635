import { nodeModule } from '../nodeModule';
import { WORKER_SOURCE, type WorkerStart } from './worker';

/** One thread, wherever this runs. */
export interface Thread {
  /** Keeps the process alive, or no longer; pages have no need of it. */
  keepAlive(awake: boolean): void;
  /** Resolves when it is gone. */
  terminate(): Promise<unknown>;
}

/** What a thread tells. */
export interface ThreadEvents {
  finished(generation: number): void;
  /** It is gone, or never came to be. */
  failed(reason: string): void;
}

type Message = { finished: number } | { error: string };

/** @throws where this place lets no worker start. */
export function startWorker(start: WorkerStart, events: ThreadEvents): Thread {
  const receive = (message: Message) =>
    'error' in message ? events.failed(message.error) : events.finished(message.finished);
  const node = nodeModule<NodeWorkers>('node:worker_threads');
  return node ? inNode(node, start, receive, events) : inPage(start, receive, events);
}

type NodeWorkers = typeof import('node:worker_threads');

function inNode(
  { Worker }: NodeWorkers,
  workerData: WorkerStart,
  receive: (message: Message) => void,
  events: ThreadEvents,
): Thread {
  const worker = new Worker(WORKER_SOURCE, { eval: true, workerData });
  worker.unref();
  worker.on('message', receive);
  worker.on('error', (error) => events.failed(String(error)));
  worker.on('exit', (code) => events.failed(`it ended with code ${code}`));
  return {
    keepAlive: (awake) => (awake ? worker.ref() : worker.unref()),
    terminate: () => worker.terminate(),
  };
}

function inPage(
  start: WorkerStart,
  receive: (message: Message) => void,
  events: ThreadEvents,
): Thread {
  const url = URL.createObjectURL(new Blob([WORKER_SOURCE], { type: 'text/javascript' }));
  const worker = new Worker(url);
  worker.onmessage = ({ data }) => {
    URL.revokeObjectURL(url);
    receive(data as Message);
  };
  worker.onerror = (event) => events.failed(event.message || 'the page lets no worker start');
  worker.postMessage(start);
  return { keepAlive: () => {}, terminate: async () => worker.terminate() };
}
