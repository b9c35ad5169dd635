// Every architecture, a line each: importing it makes it known to tfjs and to this library.
export * from './gated';
export * from './relu';
