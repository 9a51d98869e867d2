import { parseJson, type JsonObject } from '../../audit/plain.js';
import type { LedgerQueries } from '../monitoring/store/sessions/ledger-session.js';
import type { ChangeOrigin } from './captured-chunk.js';
import { DrainPace } from '../monitoring/jobs/drain-pace.js';

/** The length of `v1.`, the MAC in hexadecimal digits, and a point. */
const SIGNED_FROM = 68;

/** How long after its signature a context is valid for transactions that begin, and how much clocks may differ. */
const CONTEXT_MS = 5 * 60_000;

type Row = Readonly<Record<string, unknown>>;

/** The origin that the trigger writes, with the setting `audit.context` as the context. */
type GivenOrigin = Omit<ChangeOrigin, 'context' | 'contextProblem'> & { readonly context?: string | null };

/** The result of checking a signature: when its key ended, if it did. */
interface Signature {
  readonly endedAt: Date | undefined;
}

/** The times of a change. */
interface ChangeTimes {
  readonly begunAt: Date;
  readonly changedAt: Date;
}

const SIGNED = 'SELECT nth, ended_at FROM audit_context_signed($1::text[], $2::text[])';

/**
 * Adds the origin of its changes to each row of the outbox, as `madeBy`: the same object for the same origin. Rows that no trigger wrote
 * get none. The database verifies a login's context once, whatever the number of changes. Rejects with the client's error.
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

/** An origin that a trigger wrote, and what is made of it, by what its context turned out to be. */
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
  return { given, setting: textOf(given.context), login: textOf(given.role), made: new Map() }; // the members that are used are checked
}

/** Whether it may have a signature: PostgreSQL texts contain no NUL, and it refuses one. */
function canBeSigned({ setting, login }: Origin): boolean {
  return setting !== '' && !`${setting}${login}`.includes('\0');
}

/** `undefined` for impossible times. */
function originAt({ given, setting, signature, made }: Origin, times: ChangeTimes): ChangeOrigin | undefined {
  if (![times.begunAt, times.changedAt].every((time) => time instanceof Date)) return undefined; // 'infinity' is a number
  const context = judgeContext(setting, signature, times);
  const kind = typeof context === 'string' ? context : 'context';
  const said = typeof context === 'string' ? { context: null, contextProblem: context } : { context };
  const origin = made.get(kind) ?? { ...given, ...said };
  made.set(kind, origin);
  return origin;
}

/**
 * The context in a setting, `null` without one, or why it is invalid, as `audit_context()` and `audit_context_problem()` would have
 * returned it at the time of the change.
 */
export function judgeContext(
  setting: string,
  signature: Signature | undefined,
  { begunAt, changedAt }: ChangeTimes,
): JsonObject | null | 'forged' | 'expired' {
  if (setting === '') return null;
  if (!signature || (signature.endedAt && changedAt >= signature.endedAt)) return 'forged';
  const context = parseJson(setting.slice(SIGNED_FROM)); // the application wrote it
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
