import { canonicalJson } from '../../../../audit/nest-free.js';
import type { ActStatement } from '../../acts/act-note.js';
import { digestOfRanges } from '../../../proof/verify/checks/check-retirements.js';
import type { LedgerSession } from '../../../store/sessions/ledger-session.js';
import type { FollowedAct } from '../followed-acts.js';
import { keepErrors } from '../../../errors/keep.errors.js';

/** A retirement reaches these states in this order. Each state is durable, so that a run can resume from the state. */
type RetirementState = 'planned' | 'archived' | 'announced' | 'retired';

/** A set of events that are retired together: a whole month, or some rows of a month. */
export interface Retirement {
  readonly id: string;
  readonly kind: 'month' | 'rows';
  readonly partition: string;
  readonly policy: string;
  /** RFC 3339, UTC. */
  readonly cutoff: string;
  readonly events: number;
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly indexesDigest: string;
  readonly archive: string;
  readonly state: RetirementState;
}

const RETIREMENTS = `
  SELECT id, kind, partition, policy,
         to_char(cutoff AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS cutoff, events::float8, first_index::float8 AS "firstIndex", last_index::float8 AS "lastIndex",
         indexes_digest AS "indexesDigest", archive, state
    FROM audit_retirement`;

/** Returns the unfinished retirements, oldest first. */
export async function openRetirements(session: LedgerSession): Promise<readonly Retirement[]> {
  const rows = await session.rows(`${RETIREMENTS} WHERE state <> 'retired' ORDER BY planned_at, id`);
  return rows as readonly unknown[] as readonly Retirement[]; // the statement selects these columns
}

export async function readRetirement(session: LedgerSession, id: string): Promise<Retirement> {
  const [row] = await session.rows(`${RETIREMENTS} WHERE id = $1`, [id]);
  return row as unknown as Retirement; // the statement selects these columns
}

/** Returns the statement of the act for a retirement. The statement names no person. */
export function statementOf(retirement: Retirement, idsDigest: string): ActStatement {
  const { id: retirementId, partition, policy, cutoff, archive } = retirement;
  const { events, firstIndex, lastIndex, indexesDigest } = retirement;
  const places = { events, firstIndex, lastIndex, indexesDigest, idsDigest };
  return { act: 'retirement', retirementId, partition, policy, cutoff, archive, ...places };
}

/**
 * Compares an unfinished retirement with the ledger's acts. Otherwise, an attacker who can write the retirement's row could have another
 * archive replaced or removed, or could have other row digests signed.
 *
 * @throws `AUDIT_ACTS_CONTRADICTED` if the row names another archive, if its state contradicts the acts, or if no act
 *   announces the same indexes
 */
export async function checkRetirement(
  session: LedgerSession,
  retirement: Retirement,
  acts: Iterable<FollowedAct>,
): Promise<void> {
  const { id, partition, archive, state } = retirement;
  const contradicted = (seen: string) =>
    keepErrors.AUDIT_ACTS_CONTRADICTED(`the retirement ${id} of ${partition}: ${seen}`);
  if (archive !== archiveOf(retirement)) throw contradicted('it names an archive that is not its own');
  const announced = [...acts].find(({ statement }) => statement.act === 'retirement' && statement.retirementId === id);
  if (state === 'planned') {
    if (announced) throw contradicted(`act ${announced.number} announced it, but the state in its row is planned`);
    return;
  }
  if (!announced) throw contradicted('no signed act announced it');
  const { statement, number } = announced;
  const idsDigest = typeof statement.idsDigest === 'string' ? statement.idsDigest : ''; // taken from the act, because the row does not contain this digest
  const isSame = canonicalJson(statementOf(retirement, idsDigest)) === canonicalJson(statement);
  if (isSame && (await digestOfRanges(session, id)) === retirement.indexesDigest) return;
  throw contradicted(`its row, or the list of its indexes, differs from act ${number}`);
}

/** The database function `audit_retirement_plan` uses the same rule. */
function archiveOf({ id, partition }: Retirement): string {
  return `${partition.slice('audit_event_'.length).replaceAll('_', '-')}-${id}`;
}
