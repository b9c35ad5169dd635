const { TestEnvironment } = require('jest-environment-node');

/** Typed arrays that a native binding may hand out. */
const ARRAYS = { ArrayBuffer, Float32Array, Int32Array, Uint8Array };

/**
 * Jest's environment of Node, with Node's own typed arrays: what tfjs-node's binding hands out is
 * `instanceof` no others.
 */
module.exports = class extends TestEnvironment {
  constructor(...args) {
    super(...args);
    Object.assign(this.global, ARRAYS);
  }
};
