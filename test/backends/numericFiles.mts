/** The test files that compute on a tfjs backend: they run on every one. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LEFT_OUT } from './differences';

const tests = fileURLToPath(new URL('..', import.meta.url));

/** Their folders, within `test/`. */
export const NUMERIC_ROOMS = JSON.parse(
  readFileSync(new URL('numericRooms.json', import.meta.url), 'utf8'),
) as string[];

/** Their paths from the root. */
export const NUMERIC_FILES: readonly string[] = NUMERIC_ROOMS.flatMap((room) =>
  readdirSync(join(tests, room))
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => `test/${room}/${name}`),
);

/** Whether the tests of a folder do not run on a backend. */
export const isLeftOut = (backend: string, room: string): boolean =>
  LEFT_OUT.some((each) => each.backend === backend && each.rooms.some((name) => name === room));

/** The files that run on a backend. */
export const filesOn = (backend: string): readonly string[] =>
  NUMERIC_FILES.filter((file) => {
    const room = NUMERIC_ROOMS.find((name) => file.startsWith(`test/${name}/`));
    return !isLeftOut(backend, room as string);
  });
