import { parseJson, type JsonObject } from '../../audit/nest-free.js';
import type { LedgerQueries } from '../../monitoring/store/sessions/ledger-session.js';
import type { ChangeOrigin } from './captured-chunk.js';
import { DrainPace } from '../../monitoring/operate/jobs/drain-pace.js';

/** The length of `v1.`, the MAC in hexadecimal digits, and a dot. */
const SIGNED_FROM = 68;

/**
 * A context is valid for transactions that begin within this time after its signature. The clocks of the application and the database may
 * differ by at most this time.
 */
const CONTEXT_MS = 5 * 60_000;

type Row = Readonly<Record<string, unknown>>;

/** The setting `audit.context` is not verified yet. */
type GivenOrigin = Omit<ChangeOrigin, 'context' | 'contextProblem'> & { readonly context?: string | null };

interface Signature {
  readonly endedAt: Date | undefined;
}

interface ChangeTimes {
  readonly begunAt: Date;
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
    const given = [signed.map(({ setting }) => setting), signed.map(({ login }) => login)];
    for (const { nth, ended_at: endedAt } of await session.rows(SIGNED, given)) {
      const origin = signed[Number(nth) - 1];
      if (origin) origin.signature = { endedAt: (endedAt ?? undefined) as Date | undefined }; // the column's type
    }
  }
  pace.begin();
  for (const row of rows) {
    const times = { begunAt: row.begun_at, changedAt: row.changed_at } as ChangeTimes; // the columns' types
    const origin = origins.get(String(row.origin));
    Object.assign(row, { madeBy: origin && originAt(origin, times) });
    if (pace.isDue) await pace.rest();
  }
  return rows;
}

interface Origin {
  readonly given: GivenOrigin;
  readonly setting: string;
  readonly login: string;
  readonly made: Map<string, ChangeOrigin>;
  signature?: Signature;
}

function readOrigin(text: string): Origin | undefined {
  const given = parseJson(text);
  if (!isObject(given)) return undefined;
  return { given, setting: textOf(given.context), login: textOf(given.role), made: new Map() }; // textOf checks the used members
}

/** The database refuses texts with NUL. */
function canBeSigned({ setting, login }: Origin): boolean {
  return setting !== '' && !`${setting}${login}`.includes('\0');
}

function originAt({ given, setting, signature, made }: Origin, times: ChangeTimes): ChangeOrigin | undefined {
  if (![times.begunAt, times.changedAt].every((time) => time instanceof Date)) return undefined; // `pg` returns infinity as a number
  const context = judgeContext(setting, signature, times);
  const kind = typeof context === 'string' ? context : 'context';
  const verified = typeof context === 'string' ? { context: null, contextProblem: context } : { context };
  const origin = made.get(kind) ?? { ...given, ...verified };
  made.set(kind, origin);
  return origin;
}

/**
 * Returns the context of a setting, `null` for an empty setting, or the problem of an invalid context. At the time of the change, the SQL
 * functions `audit_context()` and `audit_context_problem()` give the same result.
 */
export function judgeContext(
  setting: string,
  signature: Signature | undefined,
  { begunAt, changedAt }: ChangeTimes,
): JsonObject | null | 'forged' | 'expired' {
  if (setting === '') return null;
  if (!signature || (signature.endedAt && changedAt >= signature.endedAt)) return 'forged';
  const context = parseJson(setting.slice(SIGNED_FROM)); // the application has signed this text
  if (!isObject(context)) return 'forged';
  const { signedAt } = context;
  const isInTime =
    typeof signedAt === 'number' &&
    signedAt >= begunAt.getTime() - CONTEXT_MS &&
    signedAt <= changedAt.getTime() + CONTEXT_MS;
  return isInTime ? context : 'expired';
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
