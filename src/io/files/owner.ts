import { nodeModule } from '../../nodeModule';

const OWNER = /^([0-9a-f]{8})-(\d{1,10})$/;

/** Returns a name of this process, unique among all machines that see the same files. */
export const thisProcess = () => `${machine()}-${process.pid}`;

/**
 * Returns whether the process with such a name has certainly ended: false for one on another
 * machine, which is unknown.
 *
 * @returns undefined for an invalid name.
 */
export function isGone(name: string): boolean | undefined {
  const [, where, pid] = OWNER.exec(name) ?? [];
  return pid === undefined ? undefined : where === machine() && !isAlive(Number(pid));
}

/** Returns whether a process with this number runs on this machine. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0); // sends nothing
    return true;
  } catch (error) {
    // Another user's process gives another error.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

let known: string | undefined;

/** Identifies everything that numbers processes by itself: machines and containers. */
function machine(): string {
  const crypto = nodeModule('node:crypto') as typeof import('node:crypto');
  known ??= crypto.createHash('sha256').update(machineText()).digest('hex').slice(0, 8);
  return known;
}

function machineText(): string {
  const os = nodeModule('node:os') as typeof import('node:os');
  const { boot, numbering } = systemHere();
  // Except on Linux, where containers may have the same name.
  return boot === null || numbering === null ? os.hostname() : `${boot} ${numbering}`;
}

/**
 * Returns the boot of this system, and who numbers its processes; null if the system does not tell.
 */
export function systemHere(): { boot: string | null; numbering: string | null } {
  const fs = nodeModule('node:fs') as typeof import('node:fs');
  const tried = (read: () => string): string | null => {
    try {
      return read().trim();
    } catch {
      return null;
    }
  };
  return {
    boot: tried(() => fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    numbering: tried(() => fs.readlinkSync('/proc/self/ns/pid')),
  };
}
