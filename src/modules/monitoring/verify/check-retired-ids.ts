import { IdDigest } from '../archive/line-tally.js';
import type { Finding } from './finding.js';
import type { TrustedRetirement } from './retired-places.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';

const IDS = `
  SELECT leaf.index, leaf.event_id FROM audit_retired_range r
    JOIN audit_leaf leaf ON leaf.index BETWEEN r.first_index AND r.last_index
   WHERE r.retirement_id = $1 AND leaf.index = leaf.index::bigint ORDER BY leaf.index`;

/**
 * Compares the ids in the leaves of retired places with the acts of their retirements: the events are gone, so nothing else in the database
 * shows which they were. Rejects with the client's error.
 */
export async function checkRetiredIds(
  snapshot: LedgerSession,
  retirements: readonly TrustedRetirement[],
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { id, stated } of retirements) {
    const ids = new IdDigest();
    await snapshot.eachText(IDS, [id], 'verify_retired_ids', ([index, eventId]) =>
      ids.add(Number(index), eventId ?? ''),
    );
    // A place without a leaf, or with two, is reported where the places are checked.
    if (ids.count !== stated.events || ids.finish() === stated.idsDigest) continue;
    const what = `the event_id of a leaf was changed at a place of the retirement ${id}: its act states other ids`;
    const range = { index: stated.firstIndex, lastIndex: stated.lastIndex };
    findings.push({ kind: 'leaf_altered', table: 'audit_leaf', ...range, what });
  }
  return findings;
}
