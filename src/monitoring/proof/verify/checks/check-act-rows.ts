import { ACT_HEADER, parseAct, ACT_TYPES } from '../../../keep/acts/act-note.js';
import { NO_FINDINGS, tableCheck } from '../check.js';
import type { Finding } from '../finding.js';

const SELECT_UNMATCHED = `
  SELECT id, details->>'act' AS note FROM audit_event event
   WHERE type = ANY ($1::text[]) AND outcome = 'success' AND starts_with(details->>'act', $2)
     AND NOT EXISTS (SELECT FROM audit_act act WHERE act.note = event.details->>'act')
   ORDER BY id`;

/** Finds signed acts in events that have no row in the table of acts. Any login that may add events can write an unsigned act. */
export const checkActRows = tableCheck(NO_FINDINGS, async (tables, { log: { trust } }) => {
  const events = await tables.rows(SELECT_UNMATCHED, [ACT_TYPES, ACT_HEADER]);
  const findings = events.flatMap(({ id, note }): readonly Finding[] => {
    const act = parseAct(String(note), trust);
    const what = `act ${act?.number}: an event of the log contains it, but its row is missing`;
    return act ? [{ kind: 'act_missing', table: 'audit_act', eventId: String(id), what }] : [];
  });
  return { findings };
});
