export { AdministrationModule, SwitchesModule } from './administration.module.js';
export { FeatureFlags } from './feature-flags.service.js';
export { Settings } from './settings.service.js';
