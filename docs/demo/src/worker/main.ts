import type { Answer, Question, Report } from '../protocol';
import { Workbench } from './workbench';

/** This worker, as TypeScript's types of pages do not know it. */
const page = globalThis as unknown as {
  onmessage: (event: MessageEvent<Question>) => void;
  postMessage(message: Answer | Report): void;
};

const workbench = new Workbench((report) => page.postMessage(report));

page.onmessage = async ({ data: { id, name, args } }) => {
  const method = workbench[name] as (...args: unknown[]) => Promise<unknown>;
  try {
    page.postMessage({ id, result: await method.apply(workbench, args) });
  } catch (error) {
    page.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
};
