export { adoptLedger, type Adopted, type AdoptionRequest } from './adopt-ledger.js';
export { NothingToAdoptError } from './adoption.errors.js';
export { findAdoption, type Adoption } from './find-adoption.js';
