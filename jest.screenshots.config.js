import everything from './jest.config.js';

/** `npm run screenshots`: pictures of the viewer, for people to look at. */
export default {
  ...everything,
  roots: ['<rootDir>/test/browser'],
  testRegex: String.raw`\.pictures\.ts$`,
};
