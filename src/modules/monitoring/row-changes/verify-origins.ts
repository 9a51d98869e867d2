import { parseJson, type JsonObject } from '../../../audit/index.js';
import type { LedgerSession } from '../store/ledger-session.js';
import type { ChangeOrigin } from './captured-chunk.js';

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
 * Who made the changes of rows of the outbox. The database verifies each context of a login once, whatever the number of changes. Resolves with
 * a function that gives the same object for changes of the same origin. Rejects with the client's error.
 */
export async function verifyOrigins(session: LedgerSession, rows: readonly Row[]): Promise<(row: Row) => ChangeOrigin> {
  const origins = new Map<string, Origin>();
  for (const { origin } of rows) {
    const text = String(origin);
    if (!origins.has(text)) origins.set(text, new Origin(parseJson(text) as GivenOrigin)); // as the trigger writes it
  }
  const signed = [...origins.values()].filter(({ setting }) => setting !== '');
  if (signed.length > 0) {
    const given = [signed.map(({ setting }) => setting), signed.map(({ login }) => login)];
    for (const { nth, ended_at: endedAt } of await session.rows(SIGNED, given, 'audit_context_signed')) {
      const origin = signed[Number(nth) - 1];
      if (origin) origin.signature = { endedAt: (endedAt ?? undefined) as Date | undefined }; // the column's type
    }
  }
  return (row) => {
    const times = { begunAt: row.begun_at, changedAt: row.changed_at } as ChangeTimes; // the columns' types
    return origins.get(String(row.origin))?.at(times) ?? {};
  };
}

class Origin {
  signature: Signature | undefined;
  private readonly known = new Map<string, ChangeOrigin>();

  constructor(private readonly given: GivenOrigin) {}

  get setting(): string {
    return this.given.context ?? '';
  }

  get login(): string {
    return this.given.role ?? '';
  }

  at(times: ChangeTimes): ChangeOrigin {
    const context = judgeContext(this.setting, this.signature, times);
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
): JsonObject | null | 'forged' | 'expired' {
  if (setting === '') return null;
  if (!signature || (signature.endedAt && changedAt >= signature.endedAt)) return 'forged';
  const context = parseJson(setting.slice(SIGNED_FROM)) as JsonObject; // signed, so the application wrote it
  const { signedAt } = context;
  const isInTime =
    typeof signedAt === 'number' &&
    signedAt >= begunAt.getTime() - CONTEXT_MS &&
    signedAt <= changedAt.getTime() + CONTEXT_MS;
  return isInTime ? context : 'expired';
}
