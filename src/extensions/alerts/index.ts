export { AlertsModule } from './alerts.module.js';
export type { AlertsOptions } from './alerts-options.js';
