export { AppConfig, capturesRows, readConfig } from './app-config.js';
