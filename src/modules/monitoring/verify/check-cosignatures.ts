import { AuditError } from '../../../audit/plain.js';
import { timestampOf } from '../log/notes/cosignature.js';
import { parseSignatureLines } from '../log/notes/signed-note.js';
import type { Finding } from './finding.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';

/** The maximum difference between the clocks of a witness, an auditor and the server. */
export const CLOCK_TOLERANCE_MS = 5 * 60_000;

const PAGE_ROWS = 10_000;
const MAX_FINDINGS = 1_000;
const COSIGNATURES = `
  SELECT size, witness_name, key_id, line FROM audit_cosignature
   WHERE (size, witness_name, key_id) > ($1, $2, $3) ORDER BY size, witness_name, key_id LIMIT ${PAGE_ROWS}`;

/** Checks stored cosignatures without the keys of the witnesses: each must be a signature, and have a time that is not in the future. */
export async function checkCosignatures(snapshot: LedgerSession, nowMs: number): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  let after: readonly unknown[] = [-1, '', -1];
  for (;;) {
    const rows = await snapshot.rows(COSIGNATURES, after, 'verify_cosignatures');
    for (const { size, witness_name: witness, key_id: keyId, line } of rows) {
      after = [size, witness, keyId];
      const wrong = judgeLine(String(line), nowMs);
      if (wrong === undefined || findings.length >= MAX_FINDINGS) continue;
      const what = `the cosignature of ${String(witness)} under the checkpoint of size ${String(size)} ${wrong}`;
      findings.push({ kind: 'cosignature_altered', table: 'audit_cosignature', index: Number(size), what });
    }
    if (rows.length < PAGE_ROWS) return findings;
  }
}

function judgeLine(line: string, nowMs: number): string | undefined {
  try {
    const [{ signature } = { signature: new Uint8Array() }] = parseSignatureLines(line);
    const seconds = timestampOf(signature);
    if (seconds === undefined) return 'has no time';
    if (seconds === 0n) return 'has the time 0';
    const isAhead = Number(seconds) * 1_000 > nowMs + CLOCK_TOLERANCE_MS;
    return isAhead ? 'has a time that is yet to come' : undefined;
  } catch (error) {
    if (error instanceof AuditError) return 'is not a signature line';
    throw error;
  }
}
