/** The kernels have two builds, and Node runs one: where all else is tested by this Node, this one is by another. */
const relaxed = Number(process.versions.node.split('.')[0]) >= 21;

/** A Node with the other build, and what that is. */
export const otherBuild = relaxed
  ? ({ version: '20', kernels: 'the kernels of plain SIMD' } as const)
  : ({ version: '24', kernels: 'the kernels of relaxed SIMD' } as const);
