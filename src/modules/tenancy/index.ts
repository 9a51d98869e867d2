export { StoreDirectory } from './store-directory.service.js';
export { TENANCY_EVENTS } from './tenancy-events.js';
export { TenancyModule } from './tenancy.module.js';
