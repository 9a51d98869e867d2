import { canonicalJson } from '../../../../audit/nest-free.js';
import type { ActStatement } from '../../acts/act-note.js';
import { digestRanges } from '../../../proof/verify/checks/check-retirements.js';
import type { LedgerSession } from '../../../store/sessions/ledger-session.js';
import type { VerifiedAct } from '../verified-acts.js';
import { lifecycleErrors } from '../../../errors/keep.errors.js';
import type { ArchiveLine } from '../../archive/archive-line.js';
import type { ArchiveContent } from '../../archive/write-archive.js';
import { sealFacts } from '../../../proof/sealing/seal-event.js';
import type { CheckpointTrust } from '../../../proof/log/notes/checkpoint.js';
import { readNewestNote } from '../../../proof/verify/read-heads.js';
import { createFirstIdAt } from '../../../store/id-time.js';
import { toFacts, LEDGER_COLUMNS, parsePersonalPart, type LedgerRow } from '../../../store/ledger-row.js';
import { isHeld, type ActiveHold } from '../holds/legal-hold.js';
import { EventHeldError } from '../lifecycle.error.js';
import { getRetentionDays, type RetentionPolicy } from './retention-policy.js';
import { CLOCK_TOLERANCE_MS } from '../../../store/ledger-clock.js';
import { checkErasures } from '../../../proof/verify/checks/check-erasures.js';
import { CheckRun } from '../../../proof/verify/check.js';
import { openSigned } from '../../../proof/verify/open-signed.js';

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
export function buildStatement(retirement: Retirement, idsDigest: string): ActStatement {
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
  acts: Iterable<VerifiedAct>,
): Promise<void> {
  const { id, partition, archive, state } = retirement;
  const contradicted = (seen: string) =>
    lifecycleErrors.AUDIT_ACTS_CONTRADICTED(`the retirement ${id} of ${partition}: ${seen}`);
  if (archive !== toArchiveName(retirement)) throw contradicted('it names an archive that is not its own');
  const announced = [...acts].find(({ statement }) => statement.act === 'retirement' && statement.retirementId === id);
  if (state === 'planned') {
    if (announced) throw contradicted(`act ${announced.number} announced it, but the state in its row is planned`);
    return;
  }
  if (!announced) throw contradicted('no signed act announced it');
  const { statement, number } = announced;
  const idsDigest = typeof statement.idsDigest === 'string' ? statement.idsDigest : ''; // taken from the act, because the row does not contain this digest
  const isSame = canonicalJson(buildStatement(retirement, idsDigest)) === canonicalJson(statement);
  if (isSame && (await digestRanges(session, id)) === retirement.indexesDigest) return;
  throw contradicted(`its row, or the list of its indexes, differs from act ${number}`);
}

/** The database function `audit_retirement_plan` uses the same rule. */
function toArchiveName({ id, partition }: Retirement): string {
  return `${partition.slice('audit_event_'.length).replaceAll('_', '-')}-${id}`;
}

/** A row has at most about 64 KiB, so a page has at most about 8 MiB. */
const ROWS_PER_PAGE = 128;

/** If an event is missing, its `id` is NULL. */
const ROWS = `
  SELECT place.index AS place_index, event.*,
         event.personal_commitment IS NULL OR event.personal_salt IS NOT NULL
           OR EXISTS (SELECT FROM audit_erased WHERE event_id = event.id AND act = ANY ($3::bigint[])) AS is_explained
    FROM (SELECT index
            FROM (SELECT greatest(first_index, $2::bigint + 1) AS first, last_index AS last FROM audit_retired_range
                   WHERE retirement_id = $1 AND last_index > $2
                     AND first_index >= (SELECT coalesce(max(first_index), 0) FROM audit_retired_range
                                          WHERE retirement_id = $1 AND first_index <= $2)
                   ORDER BY first_index LIMIT ${ROWS_PER_PAGE}) range,
                 generate_series(first, least(last, first + ${ROWS_PER_PAGE - 1})) AS index
           ORDER BY index LIMIT ${ROWS_PER_PAGE}) place
    LEFT JOIN audit_leaf leaf USING (index)
    LEFT JOIN LATERAL (SELECT ${LEDGER_COLUMNS} FROM audit_event WHERE id = leaf.event_id) event ON true
   ORDER BY place.index`;

/**
 * Reads the content of a retirement's archive from the snapshot. The iteration of `lines` rejects with {@link EventHeldError} for an event
 * under a legal hold.
 *
 * @throws `AUDIT_RETENTION_FAILED` if an event is missing or not due, or if its personal part was removed without an act
 * @param input the keys that verify the acts of erasures, and the active legal holds
 */
export async function collectContent(
  snapshot: LedgerSession,
  retirement: Retirement,
  input: { readonly trust: CheckpointTrust; readonly holds: readonly ActiveHold[] },
): Promise<ArchiveContent> {
  const checkpoint = await readNewestNote(snapshot);
  if (checkpoint === undefined)
    throw lifecycleErrors.AUDIT_RETENTION_FAILED.because(retirement.partition, 'the ledger has no checkpoint');
  const { id, archive, policy, cutoff } = retirement;
  const run = new CheckRun(await openSigned(snapshot, input.trust));
  const { trusted } = await run.of(checkErasures);
  return {
    archive,
    retirementId: id,
    policy,
    cutoff,
    checkpoint,
    lines: readEvents(snapshot, retirement, trusted, input.holds),
    readTile: run.log.source.readTile,
  };
}

/**
 * Without this check, the owner of the tables could have other events retired, and the ledger's key would sign their archive. Uses the clock
 * of this machine, so that a wrong clock of the database server retires no event early.
 */
function checkDue({ index, sealed }: ArchiveLine, { partition, cutoff }: Retirement, policy: RetentionPolicy): void {
  const days = getRetentionDays(sealed, policy);
  const now = new Date();
  const latestMs = now.getTime() + CLOCK_TOLERANCE_MS;
  const before = days === undefined ? 0 : Math.min(Date.parse(cutoff), latestMs - days * DAY_MS);
  if (sealed.id < createFirstIdAt(new Date(before))) return;
  const seen = `the event at index ${index} is not due under the policy`;
  throw lifecycleErrors.AUDIT_RETENTION_FAILED.because(
    partition,
    `${seen}: the cutoff is ${cutoff}, and this machine's clock shows ${now.toISOString()}`,
  );
}

const DAY_MS = 86_400_000;

async function* readEvents(
  snapshot: LedgerSession,
  retirement: Retirement,
  erasures: readonly number[],
  holds: readonly ActiveHold[],
): AsyncIterable<ArchiveLine> {
  const { id, partition, policy } = retirement;
  for (let after = -1; ;) {
    const rows = await snapshot.rows(ROWS, [id, after, erasures], 'retention_rows');
    for (const row of rows) {
      const place = `the event at index ${String(row.place_index)}`;
      if (row.id === null) throw lifecycleErrors.AUDIT_RETENTION_FAILED.because(partition, `${place} is missing`);
      if (row.is_explained !== true)
        throw lifecycleErrors.AUDIT_RETENTION_FAILED.because(
          partition,
          `${place} has no personal part, but no signed act erased it`,
        );
      const line = toArchiveLine(row);
      checkDue(line, retirement, policy);
      if (isHeld(line, holds)) throw new EventHeldError();
      yield line;
      after = line.index;
    }
    if (rows.length < ROWS_PER_PAGE) return;
  }
}

function toArchiveLine(row: LedgerRow): ArchiveLine {
  return {
    index: Number(row.place_index),
    sealed: sealFacts(toFacts(row), toBase64(row.personal_commitment)),
    personal: parsePersonalPart(row) ?? null,
    salt: toBase64(row.personal_salt) ?? null,
  };
}

function toBase64(bytes: unknown): string | undefined {
  return Buffer.isBuffer(bytes) ? bytes.toString('base64') : undefined;
}
