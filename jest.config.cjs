const transform = {
  '^.+\\.ts$': [
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
        resolveJsonModule: true,
        lib: ['ES2022', 'DOM'],
        types: ['node', 'jest'],
      },
    },
  ],
};

/** Everything numeric runs on both backends that a machine without a GPU has. */
const onBackend = (backend) => ({
  displayName: backend,
  testEnvironment: 'node',
  transform,
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/test/node/', ...(backend === 'cpu' ? ['\\.wasm\\.test\\.ts$'] : [])],
  setupFilesAfterEnv: [`<rootDir>/test/setup/${backend}.ts`],
});

module.exports = {
  projects: [
    onBackend('cpu'),
    onBackend('wasm'),
    {
      displayName: 'node',
      testEnvironment: 'node',
      transform,
      testMatch: ['<rootDir>/test/node/**/*.test.ts'],
      setupFilesAfterEnv: ['<rootDir>/test/setup/wasm.ts'],
    },
  ],
};
