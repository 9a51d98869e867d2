import { statementIn } from '../../../monitoring/keep/acts/signed-state.js';
import type { CheckpointTrust } from '../../../monitoring/proof/log/notes/checkpoint.js';
import type { LedgerReader } from '../../../monitoring/store/ledger-reader.service.js';
import type { DailyReview, OpenedReview } from './daily-review.dto.js';
import { REVIEW_TYPES } from './review-words.js';

/** The data of an opened review, with the review's event. */
export type SignedReview = Omit<DailyReview, 'state' | 'answers'>;

const OPENED = `
  SELECT id, to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at, details->>'note' AS note
    FROM audit_event WHERE type = '${REVIEW_TYPES.opened}' AND id < $1 AND coalesce(details->>'day' = $2, true)
   ORDER BY id DESC LIMIT $3`;
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const PAGE = 500;

/**
 * Yields the signed reviews of all days, or of one day, the newest first. The generator skips unsigned events, because anybody who can
 * insert events can write unsigned events. Rejects with the error of the PostgreSQL client.
 */
export async function* signedReviews(
  reader: Pick<LedgerReader, 'eventRows'>,
  trust: CheckpointTrust,
  day: string | null = null,
): AsyncGenerator<SignedReview> {
  for (let before: unknown = LAST_ID; before !== undefined;) {
    const rows = await reader.eventRows({ scope: 'all' }, OPENED, [before, day, PAGE]);
    for (const row of rows) {
      const opened = statementIn(row, 'review', trust) as OpenedReview | undefined; // ReviewOpener signed it
      if (opened) yield { ...opened, eventId: String(row.id), openedAt: String(row.at) };
    }
    before = rows.length < PAGE ? undefined : rows.at(-1)?.id;
  }
}
