import type { RowArray } from '../../io/bytes/rowArray';
import { openNpy } from '../../io/npy/read';

/**
 * Opens the rows that a path stands for.
 *
 * @returns the caller closes it.
 * @throws SAE_FILE for what is missing, damaged or something else; SAE_UNSUPPORTED for what is no numbers.
 */
export const openArray = (path: string): Promise<RowArray> => openNpy(path);
