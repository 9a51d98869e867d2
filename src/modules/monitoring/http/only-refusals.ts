import type { AuditedOptions } from '../../../audit/index.js';

/** Records denials and failures; successes are recorded where they happen. */
export const ONLY_REFUSALS: AuditedOptions = {
  when: ({ result }) => (result as unknown) === undefined, // its type leaves out that there may be none
};
