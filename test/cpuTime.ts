/**
 * Milliseconds that this process has computed for: what something takes of them is its own, however
 * busy the machine is with other things.
 */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
