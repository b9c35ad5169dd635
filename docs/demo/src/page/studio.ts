import type { Answer, Question, Report, Studio } from '../protocol';

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/**
 * The worker, as an object whose methods it carries out.
 *
 * @param listen is told what it reports unasked
 */
export function startStudio(listen: (report: Report) => void): Studio {
  const worker = new Worker(new URL('../worker/main.ts', import.meta.url), { type: 'module' });
  const pending = new Map<number, Pending>();
  let asked = 0;
  /** Why nobody answers any more. */
  let lost: Error | undefined;
  worker.onmessage = ({ data }: MessageEvent<Answer | Report>) => {
    if ('report' in data) return listen(data);
    const question = pending.get(data.id);
    pending.delete(data.id);
    if ('error' in data) question?.reject(new Error(data.error));
    else question?.resolve(data.result);
  };
  const end = (reason: string) => {
    lost = new Error(`The worker has ended: ${reason}. Load this page again.`);
    worker.terminate();
    for (const { reject } of pending.values()) reject(lost);
    pending.clear();
  };
  worker.onerror = ({ message }) => end(message || 'it could not be started');
  worker.onmessageerror = () => end('an answer of its could not be read');
  const ask =
    (name: Question['name']) =>
    (...args: unknown[]) =>
      new Promise((resolve, reject) => {
        if (lost !== undefined) return reject(lost);
        asked += 1;
        pending.set(asked, { resolve, reject });
        worker.postMessage({ id: asked, name, args });
      });
  return new Proxy({} as Studio, { get: (_, name) => ask(name as Question['name']) });
}
