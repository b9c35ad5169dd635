import type { DictionaryFormat } from '../format';
import { saelens } from './saelens';
import { sparsify } from './sparsify';

/** All formats, in the order in which files are looked at. */
export const FORMATS: readonly DictionaryFormat[] = [saelens, sparsify];
