import everything from './jest.config.js';

/** The tests against real receivers, which `npm run test:servers` installs. They need no PostgreSQL. */
export default {
  ...everything,
  roots: ['<rootDir>/test/servers'],
  testRegex: String.raw`\.server-spec\.ts$`,
  globalSetup: null,
  globalTeardown: null,
};
