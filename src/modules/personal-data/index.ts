export { ErasureRefusedError } from './erasure-refused.error.js';
export { HoldsPersonalData, type PersonalDataHolder } from './personal-data-holder.js';
export { PersonalDataModule } from './personal-data.module.js';
export { PersonalData } from './personal-data.service.js';
