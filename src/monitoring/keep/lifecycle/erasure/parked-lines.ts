import { parseJson, type AuditEvent } from '../../../../audit/nest-free.js';
import type { LedgerSession } from '../../../store/sessions/ledger-session.js';
import { identifierTest, type Person } from './match-identifiers.js';

const PARKED = `SELECT number, line FROM audit_parked WHERE number > $1 ORDER BY number LIMIT 20`;

/**
 * If a parked line of the inbox names the person, returns the reason why an erasure has to wait; otherwise `undefined`. Rejects with the
 * error of the PostgreSQL client.
 */
export async function problemOfParked(
  session: LedgerSession,
  { subjectId, identifiers }: Person,
): Promise<string | undefined> {
  const isNaming = identifierTest(identifiers);
  for (let after: unknown = 0; ;) {
    const rows = await session.rows(PARKED, [after]);
    for (const { number, line } of rows)
      if (
        String(line)
          .split('\n')
          .some((each) => isOf(each, subjectId, isNaming))
      )
        return `the parked line ${String(number)} of the inbox names the person. Read its reason, and retry or discard it with nestjs-audit-ledger seal parked`;
    const last = rows.at(-1);
    if (!last) return undefined;
    after = last.number;
  }
}

function isOf(line: string, subjectId: string, isNaming: (value: unknown) => boolean): boolean {
  try {
    const parsed: unknown = parseJson(line);
    const { event } = Object(parsed) as { readonly event?: unknown }; // Object() returns an object
    if (event === undefined) return line.includes(subjectId) || isNaming(parsed);
    const { actor, resource } = Object(event) as Partial<AuditEvent>; // absent, or checked by ===
    const ids = [actor?.id, actor?.onBehalfOf?.id, resource?.id];
    return ids.includes(subjectId) || isNaming(parsed);
  } catch {
    return line.includes(subjectId) || isNaming(line);
  }
}
