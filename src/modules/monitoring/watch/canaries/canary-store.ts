import type { LedgerSession } from '../../store/ledger-session.js';

/** A canary of a day that was recorded. */
export interface RecordedCanary {
  readonly type: string;
  /** Such as `2026-11-20`, in UTC. */
  readonly day: string;
  readonly eventId: string;
  readonly recordedAt: string;
}

const KNOWN = 'SELECT type FROM audit_canary WHERE day = $1::date';

const CLAIM = `
  INSERT INTO audit_canary (type, day, event_id, recorded_at)
  SELECT type, $1::date, id, to_timestamp($4::float8 / 1000) FROM unnest($2::text[], $3::uuid[]) AS one (type, id)
  ON CONFLICT DO NOTHING RETURNING type`;

const SEAL = `
  UPDATE audit_canary SET sealed_at = to_timestamp($1::float8 / 1000) FROM audit_leaf AS leaf
   WHERE sealed_at IS NULL AND leaf.event_id = audit_canary.event_id AND leaf.index < (SELECT max(size) FROM audit_checkpoint)`;

const MISSING = `
  SELECT type, day::text, event_id, to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS recorded_at FROM audit_canary
   WHERE sealed_at IS NULL AND alert_id IS NULL AND recorded_at < to_timestamp($1::float8 / 1000) ORDER BY day, type FOR UPDATE SKIP LOCKED`;

const TOLD = 'UPDATE audit_canary SET alert_id = $3 WHERE type = $1 AND day = $2::date';

const FOUND = `
  UPDATE audit_canary SET rules = array(SELECT DISTINCT unnest(rules || $2::text) ORDER BY 1) WHERE event_id = $1 AND NOT rules @> ARRAY[$2::text]`;

/** The types of which a canary of the day was recorded. */
export async function canariesOf(session: LedgerSession, day: string): Promise<ReadonlySet<string>> {
  return new Set((await session.rows(KNOWN, [day])).map(({ type }) => String(type)));
}

/** Takes the canaries of a day; resolves with the types that nobody else has taken. */
export async function claimCanaries(
  session: LedgerSession,
  day: string,
  claims: readonly { readonly type: string; readonly eventId: string }[],
  now: number,
): Promise<ReadonlySet<string>> {
  const columns = [claims.map(({ type }) => type), claims.map(({ eventId }) => eventId)];
  return new Set((await session.rows(CLAIM, [day, ...columns, now])).map(({ type }) => String(type)));
}

/** Notes which canaries are sealed under a checkpoint. */
export async function noteSealedCanaries(session: LedgerSession, now: number): Promise<void> {
  await session.rows(SEAL, [now]);
}

/** Those that were recorded before a moment and are not sealed, without those that an alert is about; locked until the transaction ends. */
export async function missingCanaries(session: LedgerSession, before: number): Promise<readonly RecordedCanary[]> {
  const rows = await session.rows(MISSING, [before]);
  return rows.map((row) => ({
    ...{ type: String(row.type), day: String(row.day) },
    ...{ eventId: String(row.event_id), recordedAt: String(row.recorded_at) },
  }));
}

/** Notes that an alert is about a canary. */
export async function noteCanaryAlert(
  session: LedgerSession,
  { type, day }: RecordedCanary,
  alertId: string,
): Promise<void> {
  await session.rows(TOLD, [type, day, alertId]);
}

/** Notes that a rule found a canary. */
export async function noteFoundCanary(session: LedgerSession, eventId: string, rule: string): Promise<void> {
  await session.rows(FOUND, [eventId, rule]);
}
