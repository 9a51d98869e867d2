export { AppConfig, capturesRows, readConfig } from './app-config.js';
export { InvalidEnvironmentError } from './invalid-environment.error.js';
