import type { LedgerSession, LedgerQueries } from '../../monitoring/store/sessions/ledger-session.js';
import { DrainPace } from '../../monitoring/operate/jobs/drain-pace.js';
import { MAX_READ_BYTES, type OutboxRow, type ParkedPart } from './parked-changes.js';
import { parseJson, type JsonObject } from '../../audit/nest-free.js';
import type { ChangeOrigin } from './captured-chunk.js';

/** Few, as events of requests wait behind them. A single chunk may exceed these limits. */
const MAX_TAKEN_CHANGES = 500;
const MAX_TAKEN_BYTES = 8 * 1024 * 1024;
const MAX_REST_CHUNKS = 20_000;

const SIZE = 'octet_length(lines)::bigint + octet_length(source::text) + octet_length(origin::text)';

/** Before the depth, the origin has a context, whose quotation marks are escaped. A function that calls itself is never nested so deep. */
const DEPTH = `
  CASE strpos(origin::text, '"depth" : ') WHEN 0 THEN 1
    ELSE coalesce(substring(substr(origin::text, strpos(origin::text, '"depth" : ') + 10, 4) FROM '^([0-9]{1,3})[^0-9]')::int, 1) END`;

const CHUNK = `
  SELECT position, transaction::text, changes, least(${SIZE}, ${MAX_READ_BYTES + 1}) AS bytes, ${DEPTH} AS depth
    FROM audit_row_change`;

/**
 * A transaction waits for an earlier transaction that changed the same row, so the positions of a row's changes ascend in commit order.
 * Only one leader drains, so no lock is needed.
 */
const OLDEST = `
  WITH oldest AS (${CHUNK} ORDER BY position LIMIT ${MAX_TAKEN_CHANGES})
  SELECT position, transaction, depth, bytes FROM (
    SELECT *, sum(least(greatest(changes, 1), ${MAX_TAKEN_CHANGES})) OVER before AS changes_before, sum(bytes) OVER before AS bytes_before
      FROM oldest WINDOW before AS (ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) summed
   WHERE changes_before IS NULL OR (changes_before < ${MAX_TAKEN_CHANGES} AND bytes_before + bytes <= ${MAX_TAKEN_BYTES})
   ORDER BY position`;

/** Reads the chunks after the position $1, up to the last one of the transaction $2, with the chunks of other transactions between them. */
const REST = `
  ${CHUNK} WHERE position > $1::bigint
    AND position <= (SELECT max(position) FROM audit_row_change WHERE transaction = $2::text::xid8)
   ORDER BY position LIMIT ${MAX_REST_CHUNKS + 1}`;

/** Moves chunks out of the outbox. The database parks chunks that are too large to read. */
const TAKE = `
  WITH taken AS (DELETE FROM audit_row_change WHERE position = ANY ($1::bigint[]) RETURNING *, ${SIZE} AS size),
  aside AS (
    INSERT INTO audit_row_change_parked (position, transaction, begun_at, changed_at, operation, source, origin, statement_rows, changes, lines, error, row_keys)
    SELECT position, transaction, begun_at, changed_at, operation, audit_row_json(source::text), audit_row_json(origin::text), statement_rows, changes, lines,
           format('its %s MB exceed the ${MAX_READ_BYTES / 1_000_000} MB that an instance reads', size / 1000000), '{}'
      FROM taken WHERE size > ${MAX_READ_BYTES}
    RETURNING position, error, CASE WHEN octet_length(source::text) <= 10000 THEN source::text END AS source)
  SELECT position, transaction::text, begun_at, changed_at, operation, source::text, origin::text, statement_rows, changes, lines, NULL AS error
    FROM taken WHERE size <= ${MAX_READ_BYTES}
  UNION ALL
  SELECT position, NULL, NULL, NULL, NULL, source, NULL, NULL, NULL, NULL, error FROM aside
   ORDER BY position`;

interface Chunk {
  readonly position: string;
  readonly transaction: string;
  readonly depth: number;
  readonly bytes: number;
}

/**
 * Moves the oldest changes out of the outbox, each with its origin from `verifyOrigins`. Rejects with the error of the PostgreSQL client.
 *
 * @param onAside gets chunks that the database parked, because they are too large to read
 */
export async function takeChanges(
  session: LedgerSession,
  pace: DrainPace,
  onAside: (part: ParkedPart) => void,
): Promise<readonly OutboxRow[]> {
  const positions = (await pickChunks(session)).map(({ position }) => position);
  const taken = await session.rows(TAKE, [positions], 'audit_row_change_take');
  for (const row of taken) if (typeof row.error === 'string') onAside({ row, chunk: undefined, error: row.error });
  return verifyOrigins(
    session,
    taken.filter(({ error }) => error === null),
    pace,
  );
}

/**
 * Picks the oldest chunks. A trigger writes its changes before those of the statement that fired it. So if the last chunk of a transaction is
 * nested, this function also picks the rest of the transaction, as far as it is small, so that the changes can be sorted.
 */
async function pickChunks(session: LedgerSession): Promise<readonly Chunk[]> {
  const picked = [...(await readChunks(session, OLDEST, []))];
  for (const last of new Map(picked.map((chunk) => [chunk.transaction, chunk])).values()) {
    if (last.depth === 1) continue;
    const rest = await readChunks(session, REST, [picked.at(-1)?.position, last.transaction]);
    const bytes = rest.reduce((sum, chunk) => sum + chunk.bytes, 0);
    if (rest.length <= MAX_REST_CHUNKS && bytes <= MAX_TAKEN_BYTES) picked.push(...rest);
  }
  return picked;
}

async function readChunks(
  session: LedgerSession,
  query: string,
  values: readonly unknown[],
): Promise<readonly Chunk[]> {
  return (await session.rows(query, values)).map(({ position, transaction, depth, bytes }) => ({
    ...{ position: String(position), transaction: String(transaction) },
    ...{ depth: Number(depth), bytes: Number(bytes) },
  }));
}

/** The length of `v1.`, the MAC in hexadecimal digits, and a dot. */
const SIGNED_FROM = 68;

/**
 * A context is valid for transactions that begin within this time after its signature. The clocks of the application and the database may
 * differ by at most this time.
 */
const CONTEXT_MS = 5 * 60_000;

type Row = Readonly<Record<string, unknown>>;

/** The setting `audit.context` is not verified yet. */
type ReportedOrigin = Omit<ChangeOrigin, 'context' | 'contextProblem'> & { readonly context?: string | null };

interface Signature {
  readonly endedAt: Date | undefined;
}

interface ChangeTimes {
  readonly startedAt: Date;
  readonly changedAt: Date;
}

const SIGNED = 'SELECT nth, ended_at FROM audit_context_signed($1::text[], $2::text[])';

/**
 * Adds the verified origin to each row of the outbox, as `madeBy`. Equal origins give the same object; a row that no trigger wrote gets
 * `undefined`. The database verifies each context of a login only once. Rejects with the error of the PostgreSQL client.
 */
export async function verifyOrigins(
  session: LedgerQueries,
  rows: readonly Row[],
  pace = new DrainPace(),
): Promise<readonly Row[]> {
  const origins = new Map<string, Origin | undefined>();
  pace.begin();
  for (const { origin } of rows) {
    const text = String(origin);
    if (!origins.has(text)) origins.set(text, readOrigin(text));
    if (pace.isDue) await pace.rest();
  }
  const signed = [...origins.values()].flatMap((origin) => (origin && canBeSigned(origin) ? origin : []));
  if (signed.length > 0) {
    const input = [signed.map(({ setting }) => setting), signed.map(({ login }) => login)];
    for (const { nth, ended_at: endedAt } of await session.rows(SIGNED, input)) {
      const origin = signed[Number(nth) - 1];
      if (origin) origin.signature = { endedAt: (endedAt ?? undefined) as Date | undefined }; // the column's type
    }
  }
  pace.begin();
  for (const row of rows) {
    const times = { startedAt: row.begun_at, changedAt: row.changed_at } as ChangeTimes; // the columns' types
    const origin = origins.get(String(row.origin));
    Object.assign(row, { madeBy: origin && resolveOrigin(origin, times) });
    if (pace.isDue) await pace.rest();
  }
  return rows;
}

interface Origin {
  readonly given: ReportedOrigin;
  readonly setting: string;
  readonly login: string;
  readonly made: Map<string, ChangeOrigin>;
  signature?: Signature;
}

function readOrigin(text: string): Origin | undefined {
  const input = parseJson(text);
  if (!isObject(input)) return undefined;
  return { given: input, setting: toText(input.context), login: toText(input.role), made: new Map() }; // textOf checks the used members
}

/** The database refuses texts with NUL. */
function canBeSigned({ setting, login }: Origin): boolean {
  return setting !== '' && !`${setting}${login}`.includes('\0');
}

function resolveOrigin(
  { given: input, setting, signature, made }: Origin,
  times: ChangeTimes,
): ChangeOrigin | undefined {
  if (![times.startedAt, times.changedAt].every((time) => time instanceof Date)) return undefined; // `pg` returns infinity as a number
  const context = verifyContext(setting, signature, times);
  const kind = typeof context === 'string' ? context : 'context';
  const verified = typeof context === 'string' ? { context: null, contextProblem: context } : { context };
  const origin = made.get(kind) ?? { ...input, ...verified };
  made.set(kind, origin);
  return origin;
}

/**
 * Returns the context of a setting, `null` for an empty setting, or the problem of an invalid context. At the time of the change, the SQL
 * functions `audit_context()` and `audit_context_problem()` give the same result.
 */
export function verifyContext(
  setting: string,
  signature: Signature | undefined,
  { startedAt, changedAt }: ChangeTimes,
): JsonObject | null | 'forged' | 'expired' {
  if (setting === '') return null;
  if (!signature || (signature.endedAt && changedAt >= signature.endedAt)) return 'forged';
  const context = parseJson(setting.slice(SIGNED_FROM)); // the application has signed this text
  if (!isObject(context)) return 'forged';
  const { signedAt } = context;
  const isInTime =
    typeof signedAt === 'number' &&
    signedAt >= startedAt.getTime() - CONTEXT_MS &&
    signedAt <= changedAt.getTime() + CONTEXT_MS;
  return isInTime ? context : 'expired';
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
