export { AppConfig, isRowCaptureEnabled, readConfig } from './app-config.js';
