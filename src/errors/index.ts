/** Every error message, one file for each kind of fault. */
export * from './data';
export * from './dictionaries';
export * from './files';
export * from './hub';
export * from './options';
export * from './programs';
export * from './saeError';
export * from './shapes';
export * from './splice';
export * from './spliceCost';
export * from './states';
export * from './stores';
export * from './training';
