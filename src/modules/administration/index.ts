export { AdministrationModule } from './administration.module.js';
export { FeatureFlags } from './features/feature-flags.service.js';
export { SwitchesModule } from './switches.module.js';
export { Settings } from './settings/settings.service.js';
