/** Packages that are ES modules only, which Jest cannot load as they are. */
const esModules =
  /fast-png|iobuffer|d3-[a-z-]+|internmap|linear-sum-assignment|ml-[a-z-]+|cheminfo-types|is-any-array/;

const transform = {
  '^.+\\.(ts|m?js)$': [
    'ts-jest',
    {
      // Types are checked by `npm run typecheck`; here they are only taken off.
      diagnostics: false,
      tsconfig: {
        target: 'ES2022',
        module: 'CommonJS',
        moduleResolution: 'node10',
        ignoreDeprecations: '6.0',
        esModuleInterop: true,
        isolatedModules: true,
        allowJs: true,
        resolveJsonModule: true,
        lib: ['ES2022', 'DOM'],
        types: ['node', 'jest'],
      },
    },
  ],
};

const project = (displayName, setup, testMatch, testPathIgnorePatterns = []) => ({
  displayName,
  testEnvironment: 'node',
  transform,
  // As the live training page calls it.
  moduleNameMapper: { '^gated-sae-tfjs$': '<rootDir>/src/index.ts' },
  transformIgnorePatterns: [`/node_modules/(?!(${esModules.source})/)`],
  modulePathIgnorePatterns: ['<rootDir>/.cache/', '<rootDir>/.venv'],
  testMatch: testMatch.map((pattern) => `<rootDir>/test/${pattern}`),
  testPathIgnorePatterns: ['/node_modules/', ...testPathIgnorePatterns],
  // In Jest's sandbox a global is looked up by an interceptor: loops over arrays take ten times as long.
  sandboxInjectedGlobals: ['Array', 'Float32Array', 'Math', 'Number', 'Uint8Array'],
  setupFilesAfterEnv: [`<rootDir>/test/setup/${setup}.ts`, '<rootDir>/test/setup/refused.ts'],
});
/** Folders of `test/` whose files compute on a tfjs backend; pages run the same: test/backends. */
const numeric = require('./test/backends/numericRooms.json').map((room) => `${room}/*.test.ts`);
const elsewhere = ['/test/node/', '/test/docs/', '/test/parity/full/', '/test/interop/'];

module.exports = {
  projects: [
    project('wasm', 'wasm', ['**/*.test.ts'], elsewhere),
    // Everything numeric runs on both backends that a machine without a GPU has.
    project('cpu', 'cpu', numeric),
    // This needs tfjs-node's binding: see test/matrix.
    {
      ...project('tensorflow', 'tensorflow', numeric),
      testEnvironment: '<rootDir>/test/setup/nativeArrays.cjs',
    },
    project('node', 'wasm', ['node/**/*.test.ts']),
    project('docs', 'examples', ['docs/**/*.test.ts']),
    // These need Python, or a state that it has made: see test/run.ts.
    project('interop', 'wasm', ['interop/**/*.test.ts']),
    project('full', 'wasm', ['parity/full/**/*.test.ts']),
  ],
};
