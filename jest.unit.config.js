import everything from './jest.config.js';

/** The specs beside their sources alone, without PostgreSQL. */
export default { ...everything, roots: ['<rootDir>/src'], globalSetup: null, globalTeardown: null };
