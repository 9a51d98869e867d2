import { signState, statementIn } from '../../monitoring/acts/signed-state.js';
import type { StatementSigner } from '../../monitoring/log/notes/statement.js';
import type { CheckpointTrust } from '../../monitoring/log/notes/checkpoint.js';
import { firstIdAt } from '../../monitoring/store/id-time.js';
import type { LedgerReader } from '../../monitoring/store/ledger-reader.service.js';
import type { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { ALERT_TYPES, CHECKS } from '../alert-event.js';

/** A canary that was recorded on a day. */
export interface RecordedCanary {
  readonly type: string;
  /** The day in UTC: `2026-11-20`. */
  readonly day: string;
  readonly eventId: string;
  /** The time in RFC 3339, UTC. */
  readonly recordedAt: string;
}

const LOCK = `SELECT pg_advisory_xact_lock(7361991, hashtext('audit_canary'::regclass::oid::text))`;

const STORED =
  'SELECT type, day::text, event_id AS id, note FROM audit_canary WHERE day >= $1::date ORDER BY day, type';

const CLAIM = `
  INSERT INTO audit_canary (type, day, event_id, note)
  SELECT type, day, id, note FROM unnest($1::text[], $2::date[], $3::uuid[], $4::text[]) AS one (type, day, id, note)
  ON CONFLICT (type, day) DO UPDATE SET event_id = excluded.event_id, note = excluded.note, rules = '{}'
   WHERE audit_canary.note = ANY ($5::text[]) RETURNING type`;

const SEALED = `
  SELECT event_id AS id FROM audit_leaf WHERE event_id = ANY ($1::uuid[]) AND index < (SELECT max(size) FROM audit_checkpoint)`;

const ALERTED = `
  SELECT id, details->>'note' AS note FROM audit_event
   WHERE type = '${ALERT_TYPES.raised}' AND details->>'rule' = '${CHECKS.canary}' AND id >= $1`;

const FOUND = `
  UPDATE audit_canary SET rules = array(SELECT DISTINCT unnest(rules || $2::text) ORDER BY 1) WHERE event_id = $1 AND NOT rules @> ARRAY[$2::text]`;

/** Excludes other instances from work on canaries until the transaction ends. */
export async function lockCanaries(session: LedgerSession): Promise<void> {
  await session.rows(LOCK);
}

/** Reads the rows since a day: the canaries that the ledger's key signed, and the notes of rows without this signature. */
export async function storedCanaries(
  session: LedgerSession,
  since: string,
  trust: CheckpointTrust,
): Promise<{ readonly recorded: readonly RecordedCanary[]; readonly forged: readonly string[] }> {
  const rows = await session.rows(STORED, [since]);
  const judged = rows.map((row) => {
    const stated = statementIn(row, 'canary', trust) as Omit<RecordedCanary, 'eventId'> | undefined; // claimCanaries signed it
    const isOfRow = stated?.type === row.type && stated?.day === row.day;
    return { canary: isOfRow && stated ? { ...stated, eventId: String(row.id) } : undefined, note: String(row.note) };
  });
  return {
    recorded: judged.flatMap(({ canary }) => canary ?? []),
    forged: judged.flatMap(({ canary, note }) => (canary ? [] : [note])),
  };
}

/** Claims canaries for this instance, and replaces forged rows. Resolves with the types that this instance claimed. */
export async function claimCanaries(
  session: LedgerSession,
  claims: readonly RecordedCanary[],
  forged: readonly string[],
  signer: StatementSigner,
): Promise<ReadonlySet<string>> {
  const columns = [
    claims.map(({ type }) => type),
    claims.map(({ day }) => day),
    claims.map(({ eventId }) => eventId),
    claims.map((claim) => signState(signer, 'canary', { ...claim })),
  ];
  return new Set((await session.rows(CLAIM, [...columns, forged])).map(({ type }) => String(type)));
}

/** Returns the event ids of the canaries that a checkpoint covers. */
export async function sealedCanaries(
  session: LedgerSession,
  canaries: readonly RecordedCanary[],
): Promise<ReadonlySet<string>> {
  const rows = await session.rows(SEALED, [canaries.map(({ eventId }) => eventId)]);
  return new Set(rows.map(({ id }) => String(id)));
}

/** Reads the type and the day of each canary with an alert since the given day. */
export async function alertedCanaries(
  reader: Pick<LedgerReader, 'eventRows'>,
  since: string,
  trust: CheckpointTrust,
): Promise<ReadonlySet<string>> {
  const rows = await reader.eventRows({ scope: 'all' }, ALERTED, [firstIdAt(new Date(since))]);
  return new Set(
    rows.map((row) => {
      const stated = statementIn(row, 'canary-alert', trust) as Pick<RecordedCanary, 'type' | 'day'> | undefined; // raiseMissing signed it
      return `${stated?.type} ${stated?.day}`;
    }),
  );
}

/** Stores that a rule found a canary. */
export async function noteFoundCanary(session: LedgerSession, eventId: string, rule: string): Promise<void> {
  await session.rows(FOUND, [eventId, rule]);
}
