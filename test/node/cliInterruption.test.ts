import { InterruptibleRows, Interruption, untilInterrupted } from '../../src/cli/interruption';

const listeners = () => process.listenerCount('SIGINT') + process.listenerCount('SIGTERM');

test('work that nobody interrupts ends as it ends, and nobody listens afterwards', async () => {
  const before = listeners();
  const announce = jest.fn();
  expect(await untilInterrupted(announce, async () => 5)).toBe(5);
  await expect(untilInterrupted(announce, () => Promise.reject(new Error('no')))).rejects.toThrow(
    'no',
  );
  expect(announce).not.toHaveBeenCalled();
  expect(listeners()).toBe(before);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s aborts the work, once', async (signal, exitCode) => {
  jest.useFakeTimers();
  try {
    const before = listeners();
    const announce = jest.fn();
    const work = untilInterrupted(announce, async (stopped) => {
      expect(stopped.aborted).toBe(false);
      process.emit(signal, signal);
      process.emit(signal, signal); // npm passes on what the terminal has sent already
      stopped.throwIfAborted();
    });
    await expect(work).rejects.toThrow(Interruption);
    await expect(work).rejects.toMatchObject({ exitCode });
    expect(announce).toHaveBeenCalledTimes(1);
    // A second one is an echo at first; from then on it ends the process, as without us.
    expect(listeners()).toBe(before + 2);
    jest.advanceTimersByTime(1000);
    expect(listeners()).toBe(before);
  } finally {
    jest.useRealTimers();
  }
});

describe('InterruptibleRows', () => {
  const rows = (n: number) => ({
    size: n,
    iterator: () => {
      let i = 0;
      return {
        next: async () =>
          i < n ? { value: i++, done: false as const } : { value: null, done: true as const },
      };
    },
  });

  test('gives the same rows', async () => {
    const { signal } = new AbortController();
    const data = new InterruptibleRows(rows(2), signal);
    expect(data.size).toBe(2);
    const iterator = await data.iterator();
    expect(await iterator.next()).toEqual({ value: 0, done: false });
    expect(await iterator.next()).toEqual({ value: 1, done: false });
    expect(await iterator.next()).toEqual({ value: null, done: true });
  });

  test('ends with the reason, and lets it arrive', async () => {
    const controller = new AbortController();
    const iterator = await new InterruptibleRows(rows(2), controller.signal).iterator();
    await iterator.next();
    setImmediate(() => controller.abort(new Interruption('SIGINT')));
    await expect(iterator.next()).rejects.toThrow(Interruption);
  });
});
