import type { LedgerAccess } from '../access/ledger-access.js';
import type { PersonalChoice } from './personal-choice.js';
import type { ResolvedStream, StreamFilter } from './streams-options.js';

/** Which events a batch holds, and what of them. It is frozen with the batch, and plain JSON. */
export interface Selection {
  readonly filter: StreamFilter;
  readonly access: LedgerAccess;
  readonly personal: PersonalChoice;
}

/** What a stream selects now. */
export function selectionOf({ filter, access, personal }: ResolvedStream): Selection {
  return { filter, access, personal };
}
