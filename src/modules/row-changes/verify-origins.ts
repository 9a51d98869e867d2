import { parseJson, type JsonObject } from '../../audit/plain.js';
import type { LedgerQueries } from '../monitoring/store/sessions/ledger-session.js';
import type { ChangeOrigin } from './captured-chunk.js';
import { DrainPace } from '../monitoring/jobs/drain-pace.js';

/** `v1.`, the MAC in hexadecimal digits, and a point. */
const SIGNED_FROM = 68;

/** For how long after its signature a context is good for transactions that begin, and by how much clocks may differ. */
const CONTEXT_MS = 5 * 60_000;

type Row = Readonly<Record<string, unknown>>;

/** As the trigger writes it: the context is the setting `audit.context`. */
type GivenOrigin = Omit<ChangeOrigin, 'context' | 'contextProblem'> & { readonly context?: string | null };

/** When a key that signed a context ended, if it did. */
interface Signature {
  readonly endedAt: Date | undefined;
}

/** When a change was made. */
interface ChangeTimes {
  readonly begunAt: Date;
  readonly changedAt: Date;
}

const SIGNED = 'SELECT nth, ended_at FROM audit_context_signed($1::text[], $2::text[])';

/**
 * Rows of the outbox, each with who made its changes as `madeBy`: the same object for changes of the same origin. What no trigger writes has none. The
 * database verifies a context of a login once, whatever the number of changes. Rejects with the client's error.
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
    if (!origins.has(text)) origins.set(text, Origin.read(text));
    if (pace.isDue) await pace.rest();
  }
  const signed = [...origins.values()].filter((origin) => origin?.canBeSigned === true);
  if (signed.length > 0) {
    const given = [signed.map((origin) => origin?.setting), signed.map((origin) => origin?.login)];
    for (const { nth, ended_at: endedAt } of await session.rows(SIGNED, given)) {
      const origin = signed[Number(nth) - 1];
      if (origin) origin.signature = { endedAt: (endedAt ?? undefined) as Date | undefined }; // the column's type
    }
  }
  pace.begin();
  for (const row of rows) {
    const times = { begunAt: row.begun_at, changedAt: row.changed_at } as ChangeTimes; // the columns' types
    Object.assign(row, { madeBy: origins.get(String(row.origin))?.at(times) });
    if (pace.isDue) await pace.rest();
  }
  return rows;
}

class Origin {
  signature: Signature | undefined;
  private readonly known = new Map<string, ChangeOrigin>();
  private context: unknown;

  private constructor(private readonly given: GivenOrigin) {}

  static read(text: string): Origin | undefined {
    const given = parseJson(text);
    return isObject(given) ? new Origin(given) : undefined; // what of it is used is looked at
  }

  get setting(): string {
    return textOf(this.given.context);
  }

  get login(): string {
    return textOf(this.given.role);
  }

  /** No text of the database holds a NUL, and it refuses one. */
  get canBeSigned(): boolean {
    return this.setting !== '' && !`${this.setting}${this.login}`.includes('\0');
  }

  /** `undefined` for times that no clock shows. */
  at(times: ChangeTimes): ChangeOrigin | undefined {
    if (![times.begunAt, times.changedAt].every((time) => time instanceof Date)) return undefined; // 'infinity' is a number
    const context = judgeContext(
      this.setting,
      this.signature,
      times,
      (setting) => (this.context ??= readContext(setting)),
    );
    const kind = typeof context === 'string' ? context : 'context';
    const known = this.known.get(kind) ?? {
      ...this.given,
      ...(typeof context === 'string' ? { context: null, contextProblem: context } : { context }),
    };
    this.known.set(kind, known);
    return known;
  }
}

/**
 * The context that a setting holds, `null` without one, or why it does not count: as `audit_context()` and `audit_context_problem()` said it when
 * the change was made.
 */
export function judgeContext(
  setting: string,
  signature: Signature | undefined,
  { begunAt, changedAt }: ChangeTimes,
  read = readContext,
): JsonObject | null | 'forged' | 'expired' {
  if (setting === '') return null;
  if (!signature || (signature.endedAt && changedAt >= signature.endedAt)) return 'forged';
  const context = read(setting);
  if (!isObject(context)) return 'forged';
  const { signedAt } = context;
  const isInTime =
    typeof signedAt === 'number' &&
    signedAt >= begunAt.getTime() - CONTEXT_MS &&
    signedAt <= changedAt.getTime() + CONTEXT_MS;
  return isInTime ? context : 'expired';
}

/** Of a setting that is signed: the application wrote it. */
function readContext(setting: string): unknown {
  return parseJson(setting.slice(SIGNED_FROM));
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
