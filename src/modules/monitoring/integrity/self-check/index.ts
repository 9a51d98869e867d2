export { IntegrityViolationError } from './integrity-violation.error.js';
export { SelfCheck, type SelfCheckStatus } from './self-check.service.js';
