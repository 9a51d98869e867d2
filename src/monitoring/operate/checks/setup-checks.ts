import { RETENTION_CHECK } from '../../keep/lifecycle/retention/survey.js';
import type { RetentionSlice } from '../../keep/lifecycle/retention/retention-options.js';
import type { Check } from '../../store/check.js';
import { FILE_CHECKS, PROCESS_CHECKS, type FileFacts } from './file-checks.js';
import { LEDGER_CHECKS, type LedgerFacts } from './ledger-checks.js';
import { SERVER_CHECKS, type ServerFacts } from './server-checks.js';

/** What the checks of a set-up need. A place that runs them has some of it. */
export type SetupFacts = Omit<FileFacts, 'options'> &
  Omit<LedgerFacts, 'options'> & {
    readonly server: ServerFacts;
    readonly options: FileFacts['options'] & LedgerFacts['options'] & RetentionSlice;
  };

/** The checks of a set-up, by the headings of the page of `doctor`. Extensions have further checks. */
export const SETUP_CHECKS: Readonly<Record<string, readonly Check<SetupFacts>[]>> = {
  'Process and modules': PROCESS_CHECKS,
  Files: FILE_CHECKS,
  'The server': SERVER_CHECKS,
  'The ledger': [...LEDGER_CHECKS, RETENTION_CHECK],
};
