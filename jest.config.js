/** Everything that is a test: unit specs beside their source, the rest under test/. One PostgreSQL for the whole run. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/viewer/src', '<rootDir>/test'],
  testRegex: String.raw`\.spec\.ts$`,
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/compat/'], // applications of their own
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { [String.raw`^(\.{1,2}/.*)\.js$`]: '$1' },
  transform: {
    [String.raw`\.ts$`]: [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  testSequencer: '<rootDir>/test/support/slow-first.mjs',
  maxWorkers: 2,
  // What a spec file leaves in its worker slows all after it down: on Node 20, each AsyncLocalStorage costs at every promise.
  workerIdleMemoryLimit: '400MB',
  // Ends what hangs, and no test that a busy machine slows down.
  testTimeout: 300_000,
};
