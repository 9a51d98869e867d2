export { AppConfig, capturesRows, readConfig } from './app-config.js';
export { ConfigurationModule } from './configuration.module.js';
export { InvalidEnvironmentError } from './invalid-environment.error.js';
