import { nodeModule } from '../../nodeModule';

const OWNER = /^([0-9a-f]{8})-(\d{1,10})$/;

/** A name for this process, among those of all machines that see the same files. */
export const thisProcess = () => `${machine()}-${process.pid}`;

/**
 * Whether the process of such a name is surely gone: false for one of another machine, which cannot
 * be asked.
 *
 * @returns undefined for a name that is none.
 */
export function isGone(name: string): boolean | undefined {
  const [, where, pid] = OWNER.exec(name) ?? [];
  return pid === undefined ? undefined : where === machine() && !isAlive(Number(pid));
}

/** Whether a process of this number runs on this machine. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0); // sends nothing
    return true;
  } catch (error) {
    // Of somebody else's process there is another error.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

let known: string | undefined;

/** Tells apart all places that number their processes by themselves: machines and containers. */
function machine(): string {
  const crypto = nodeModule('node:crypto') as typeof import('node:crypto');
  known ??= crypto.createHash('sha256').update(machineText()).digest('hex').slice(0, 8);
  return known;
}

function machineText(): string {
  const os = nodeModule('node:os') as typeof import('node:os');
  const { boot, numbering } = systemHere();
  // Not Linux, where containers may have the same name.
  return boot === null || numbering === null ? os.hostname() : `${boot} ${numbering}`;
}

/** Since when this system runs, and who numbers its processes; null where it does not tell. */
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
