// What the host gives.

/** Milliseconds, from any start. */
export declare function now(): f64;
