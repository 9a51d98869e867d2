import type { LedgerSession } from '../../../store/sessions/ledger-session.js';
import { tableCheck, type CheckResult } from '../check.js';
import type { Finding } from '../finding.js';

const HEAD = 'SELECT size, signed FROM audit_head LIMIT 2';

interface CheckedHead extends CheckResult {
  /** The number of leaves of the log that no checkpoint covers yet. */
  readonly unsigned: number;
}

/** Compares the stored head of the log with its newest checkpoint and its leaves. */
export const checkHead = tableCheck<CheckedHead>({ unsigned: 0 }, async (tables, { log: { head, size, leaves } }) => {
  if (head) {
    const read = await readLogSize(tables, size, leaves);
    return { unsigned: read.size - size, findings: read.findings };
  }
  const warnings = leaves > 0 ? ['No checkpoint of the database is signed by a known key.'] : [];
  return { unsigned: 0, findings: await findHeadless(tables, leaves), warnings };
});

/**
 * Returns the size of the log with the events that no checkpoint covers yet. A leader signs about a second after it seals, so these events
 * are few. Where the row is missing or contradicts the newest checkpoint, the log ends at that checkpoint. Anybody can write any size into the
 * row, so the log never ends beyond the stored leaves.
 *
 * @param signed the size of the newest checkpoint
 * @param leaves the number of stored leaves
 */
async function readLogSize(
  snapshot: LedgerSession,
  signed: number,
  leaves: number,
): Promise<{ readonly size: number; readonly findings: readonly Finding[] }> {
  const rows = await snapshot.rows(HEAD);
  const [size, signedSize] = [Number(rows[0]?.size), Number(rows[0]?.signed)];
  const at = { table: 'audit_head', index: signed };
  if (rows.length !== 1 || !(size >= signedSize)) {
    const what = `it has ${rows.length} rows or no sizes in place of one: the log is read up to its newest checkpoint`;
    return { size: signed, findings: [{ ...at, kind: 'head_altered', what }] };
  }
  if (signedSize === signed) {
    if (size <= Math.max(signed, leaves)) return { size, findings: [] };
    const what = `it says that ${size} events are sealed, but there are ${leaves} leaves: the end was cut off, or the head was altered`;
    return { size: Math.max(signed, leaves), findings: [{ ...at, kind: 'head_altered', what }] };
  }
  const what = `it says that a checkpoint of size ${signedSize} was signed, but the newest one of a known key has size ${signed}`;
  return {
    size: signed,
    findings: [{ ...at, kind: signedSize > signed ? 'checkpoint_missing' : 'head_altered', what }],
  };
}

/** Returns a finding if leaves exist, but no checkpoint. Only within about a second of the first event, this is the normal state. */
async function findHeadless(snapshot: LedgerSession, leaves: number): Promise<readonly Finding[]> {
  const [row] = await snapshot.rows(
    'SELECT EXISTS (SELECT FROM audit_checkpoint) AS is_any, (SELECT max(size) FROM audit_head WHERE signed = 0) AS unsigned',
  );
  if (leaves === 0 || row?.is_any === true || Number(row?.unsigned) === leaves) return [];
  const what = `there are ${leaves} leaves, but no checkpoint: no signature covers them`;
  return [{ kind: 'checkpoint_missing', table: 'audit_checkpoint', index: 0, what }];
}
