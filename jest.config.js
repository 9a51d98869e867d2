import { PROJECTS } from './test/projects.mjs';

const POSTGRES = {
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
};

/** Node itself imports the specs, so that a worker loads each module once; see test/runner. */
const project = ([name, { folders, hasPostgres = true }]) => ({
  displayName: name,
  roots: folders.map((folder) => `<rootDir>/${folder}`),
  testRegex: String.raw`\.spec\.ts$`,
  transform: {},
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  runtime: '<rootDir>/test/runner/native-runtime.cjs',
  testEnvironment: '<rootDir>/test/runner/leak-checking-environment.cjs',
  setupFilesAfterEnv: ['<rootDir>/test/support/hurry.ts'],
  ...(hasPostgres ? POSTGRES : {}),
});

export default {
  projects: Object.entries(PROJECTS).map(project),
  testSequencer: '<rootDir>/test/support/slow-first.mjs',
  maxWorkers: 3, // a third of the time, a spec waits: on two cores, three workers take as much less
  workerIdleMemoryLimit: '700MB', // of the heap: between two specs, a worker with more is replaced, for 5 s of importing
  // Ends what hangs, and no test that a busy machine slows down.
  testTimeout: 300_000,
};
