import { NO_FINDINGS, tableCheck } from '../check.js';
import { checkHead } from './check-head.js';

const WAITING = 'SELECT coalesce(sum(events), 0)::float8 AS events FROM audit_inbox';

/** Counts the events that no checkpoint covers yet. */
export const checkWaiting = tableCheck(NO_FINDINGS, async (tables, run) => {
  const [inbox] = await tables.rows(WAITING);
  return { report: { waiting: Number(inbox?.events) + (await run.of(checkHead)).unsigned } };
});
