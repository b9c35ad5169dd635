/** Where the tests find and leave things. */
import { join } from 'node:path';

export const root = join(__dirname, '..', '..');
/** What a run leaves for a later part of it; not committed. */
export const cache = join(root, '.cache');
/** The executable of a package that `npm ci` has installed. */
export const tool = (name: string): string => join(root, 'node_modules', '.bin', name);
