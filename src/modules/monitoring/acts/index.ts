export { signAct, verifyAct, type Act, type ActStatement } from './act-note.js';
export { InvalidActError } from './act.errors.js';
export { HOLD_ACTIONS, HOLD_COLUMNS, placementOf, releaseOf, type StatedHold } from './hold-acts.js';
export { judgeAct, type JudgedAct } from './judge-act.js';
export { signNow, type ActSigner } from './sign-now.js';
