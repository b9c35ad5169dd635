/**
 * `act`, one call at a time: of those that come meanwhile only the last one is made.
 *
 * @param failed is told of errors
 */
export function latest<Args extends unknown[]>(
  act: (...args: Args) => Promise<void>,
  failed: (error: unknown) => void,
): (...args: Args) => void {
  let running = false;
  let next: Args | undefined;
  const run = async () => {
    running = true;
    while (next) {
      const args = next;
      next = undefined;
      try {
        await act(...args);
      } catch (error) {
        failed(error);
      }
    }
    running = false;
  };
  return (...args) => {
    next = args;
    if (!running) void run();
  };
}
