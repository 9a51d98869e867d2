export { forgetDetails, patternsOf } from './forget-details.js';
export { LEDGER_PRIVACY, LedgerHolder } from './ledger-holder.service.js';
export { HoldsPersonalData, type PersonalDataHolder } from './personal-data-holder.js';
export { PersonalData, PersonalDataModule } from './personal-data.service.js';
