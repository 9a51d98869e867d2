export { ErasureRefusedError } from './erasure-refused.error.js';
export { forgetDetails, patternsOf } from './forget-details.js';
export { LEDGER_PRIVACY, LedgerHolder } from './ledger-holder.service.js';
export { HoldsPersonalData, type PersonalDataHolder } from './personal-data-holder.js';
export { PersonalDataModule } from './personal-data.module.js';
export { PersonalData } from './personal-data.service.js';
