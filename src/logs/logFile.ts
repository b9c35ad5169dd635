import { missing } from '../errors';
import { makeFolder } from '../io/files/makeFolder';
import { writeRefused } from '../io/files/writeRefused';
import { nodeModule } from '../nodeModule';

// Not imported, because pages load this file too.
const fs = nodeModule<typeof import('node:fs')>('node:fs');
const path = nodeModule<typeof import('node:path')>('node:path');

const WRITABLE = 'a file that can be written';

/**
 * A file that grows. Appended data has been passed to the system when the call returns, so nothing
 * is lost if this process ends.
 */
export class LogFile {
  /**
   * @param where how errors refer to it
   * @param advice what to do where there are no files
   * @throws SAE_MISSING outside Node
   */
  constructor(
    where: string,
    readonly path: string,
    advice: string,
  ) {
    if (fs === undefined) throw missing(where, 'Node, which has files', advice);
  }

  /** Returns the whole content; undefined if the file does not exist yet. */
  read(): Promise<string | undefined> {
    return this.refusing('a file that can be read', ({ existsSync, readFileSync }) =>
      existsSync(this.path) ? readFileSync(this.path, 'utf8') : undefined,
    );
  }

  /** Replaces the content atomically. */
  replace(content: string): Promise<void> {
    return this.refusing(WRITABLE, ({ renameSync, writeFileSync }) => {
      writeFileSync(`${this.path}.tmp`, content, { flush: true });
      renameSync(`${this.path}.tmp`, this.path);
    });
  }

  append(content: string | Uint8Array): Promise<void> {
    return this.refusing(WRITABLE, ({ appendFileSync }) => appendFileSync(this.path, content));
  }

  makeFolder(): Promise<void> {
    return makeFolder((path as typeof import('node:path')).dirname(this.path));
  }

  private async refusing<T>(
    expected: string,
    act: (files: typeof import('node:fs')) => T,
  ): Promise<T> {
    try {
      return act(fs as typeof import('node:fs'));
    } catch (error) {
      throw await writeRefused(this.path, expected, this.path, error);
    }
  }
}
