export { ACT_HEADER, hashAct, NO_ACT_HASH, signAct, verifyAct, type Act, type ActStatement } from './act-note.js';
export {
  ADOPTION_TYPE,
  adoptionOf,
  branchLines,
  branchOf,
  givesUp,
  statementOfAdoption,
  type StatedAdoption,
} from './adoption-act.js';
export { KEY_LOSS_TYPE, keyLossOf, statementOfKeyLoss, type StatedKeyLoss } from './key-loss-act.js';
export { ActChain, FIRST_PLACE, type ActPlace } from './act-chain.js';
export { ACT_TYPES, HOLD_ACT_TYPES, type ActType } from './act-types.js';
export { InvalidActError } from './act.errors.js';
export { ERASURE_ACT_TYPE, erasureStatement } from './erasure-act.js';
export { HOLD_ACTIONS, HOLD_COLUMNS, placementOf, releaseOf, type StatedHold } from './hold-acts.js';
export { judgeAct, type JudgedAct } from './judge-act.js';
export {
  eventOfAct,
  lockActs,
  signNext,
  storeAct,
  type ActEvent,
  type ActSigner,
  type ActTransaction,
  type SignedAct,
} from './store-act.js';
