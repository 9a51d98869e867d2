import type { AuditedOptions } from '../../../audit/index.js';

/** Denials and failures: what came about is recorded where it does. */
export const ONLY_REFUSALS: AuditedOptions = {
  when: ({ result }) => (result as unknown) === undefined, // its type leaves out that there may be none
};
