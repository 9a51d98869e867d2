import everything from './jest.config.js';

const [[typescript, [, options]]] = Object.entries(everything.transform);

/** The specs beside their sources alone, without PostgreSQL. */
export default {
  ...everything,
  roots: ['<rootDir>/src', '<rootDir>/viewer/src'],
  transform: { [typescript]: ['<rootDir>/test/support/past-the-door.mjs', options] },
  globalSetup: null,
  globalTeardown: null,
};
