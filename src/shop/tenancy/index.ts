export { StoreDirectory } from './store-directory.service.js';
export { TENANCY_EVENTS, TenancyModule } from './tenancy.module.js';
