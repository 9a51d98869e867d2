import { canonicalJson } from '../../../../audit/plain.js';
import type { ActStatement } from '../../acts/act-note.js';
import { digestOfRanges } from '../../verify/retired-places.js';
import type { LedgerSession } from '../../store/sessions/ledger-session.js';
import { ActsContradictedError } from '../acts-contradicted.error.js';
import type { FollowedAct } from '../followed-acts.js';

/** The states `planned` → `archived` → `announced` → `retired`: each is durable, and a run resumes from it. */
type RetirementState = 'planned' | 'archived' | 'announced' | 'retired';

/** A set of events that leaves the ledger together: a whole month, or some rows of one. */
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

/** The retirements that are not finished, oldest first. */
export async function openRetirements(session: LedgerSession): Promise<readonly Retirement[]> {
  const rows = await session.rows(`${RETIREMENTS} WHERE state <> 'retired' ORDER BY planned_at, id`);
  return rows as readonly unknown[] as readonly Retirement[]; // as the statement selects them
}

export async function readRetirement(session: LedgerSession, id: string): Promise<Retirement> {
  const [row] = await session.rows(`${RETIREMENTS} WHERE id = $1`, [id]);
  return row as unknown as Retirement; // as the statement selects it
}

/** Makes the statement of a retirement's act. It does not mention persons. */
export function statementOf(retirement: Retirement, idsDigest: string): ActStatement {
  const { id: retirementId, partition, policy, cutoff, archive } = retirement;
  const { events, firstIndex, lastIndex, indexesDigest } = retirement;
  const places = { events, firstIndex, lastIndex, indexesDigest, idsDigest };
  return { act: 'retirement', retirementId, partition, policy, cutoff, archive, ...places };
}

/**
 * Compares an open retirement with the ledger's acts: somebody who can write its row could have another archive overwritten or removed, or
 * the kept row digests signed again.
 *
 * @throws ActsContradictedError (`AUDIT_ACTS_CONTRADICTED`) when it was planned otherwise than retention does, is planned although an
 *   act announced it, or is further than planned and no act announced these places
 */
export async function checkRetirement(
  session: LedgerSession,
  retirement: Retirement,
  acts: Iterable<FollowedAct>,
): Promise<void> {
  const { id, partition, archive, state } = retirement;
  const contradicted = (seen: string) => ActsContradictedError.create(`the retirement ${id} of ${partition}: ${seen}`);
  if (archive !== archiveOf(retirement)) throw contradicted('it names an archive that is not its own');
  const announced = [...acts].find(({ statement }) => statement.act === 'retirement' && statement.retirementId === id);
  if (state === 'planned') {
    if (announced) throw contradicted(`act ${announced.number} announced it, and its row says that it is planned`);
    return;
  }
  if (!announced) throw contradicted('no signed act announced it');
  const { statement, number } = announced;
  const idsDigest = typeof statement.idsDigest === 'string' ? statement.idsDigest : ''; // of the archive alone
  const isSame = canonicalJson(statementOf(retirement, idsDigest)) === canonicalJson(statement);
  if (isSame && (await digestOfRanges(session, id)) === retirement.indexesDigest) return;
  throw contradicted(`its row, or the list of its places, says otherwise than act ${number}`);
}

/** Names the archive like the function that plans it. */
function archiveOf({ id, partition }: Retirement): string {
  return `${partition.slice('audit_event_'.length).replaceAll('_', '-')}-${id}`;
}
