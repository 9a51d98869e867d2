import everything from './jest.config.js';

/** The tests against real servers, which `npm run test:servers` installs: receivers of streams, and PostgreSQL with replicas. */
export default {
  ...everything,
  roots: ['<rootDir>/test/servers'],
  testRegex: String.raw`\.server-spec\.ts$`,
  globalSetup: null,
  globalTeardown: null,
};
