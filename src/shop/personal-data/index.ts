export { HoldsPersonalData, LEDGER_PRIVACY, PersonalData, PersonalDataModule } from './personal-data.service.js';
export type { PersonalDataHolder } from './personal-data.service.js';
