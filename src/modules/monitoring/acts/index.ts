export { signAct, verifyAct, type Act, type ActStatement } from './act-note.js';
export { InvalidActError } from './act.errors.js';
export { judgeAct, type JudgedAct } from './judge-act.js';
