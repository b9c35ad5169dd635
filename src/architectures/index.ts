// Every architecture, a line each: importing it makes it known to tfjs and to this library.

// From here, so that whoever asks for the list finds it filled.
export { ARCHITECTURES, type Architecture, type Recipe } from '../models/architectures';
export * from './gated';
export * from './jumprelu';
export * from './relu';
export * from './topk';
