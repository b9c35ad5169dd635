const { TestEnvironment } = require('jest-environment-node');

/** Typed arrays that onnxruntime takes and hands out. */
const ARRAYS = {
  ...{ ArrayBuffer, Float32Array, Float64Array, Int32Array, Uint8Array, Int8Array },
  ...{ Uint16Array, BigInt64Array, BigUint64Array },
};

/**
 * Jest's environment of Node, with Node's own typed arrays, and with onnxruntime-web as Node loads it: in
 * Jest's sandbox its WebAssembly does not start.
 */
module.exports = class extends TestEnvironment {
  constructor(...args) {
    super(...args);
    const load = { ort: () => require('onnxruntime-web') };
    Object.assign(this.global, ARRAYS, { loadReal: load });
  }
};
