import { undefinedIfRejected } from '../../../errors/undefined-if-rejected.js';
import { CLOCK_TOLERANCE_MS } from '../../../store/ledger-clock.js';
import { parseTimestamp } from '../../log/notes/note-signer.js';
import { parseSignatureLines } from '../../log/notes/signed-note.js';
import { NO_FINDINGS, tableCheck } from '../check.js';
import type { Finding } from '../finding.js';

const MAX_FINDINGS = 1_000;
const COSIGNATURES = 'SELECT size, witness_name, line FROM audit_cosignature ORDER BY size, witness_name, key_id';

/** Checks stored cosignatures without the keys of the witnesses. Each line must be a signature with a time that is not in the future. */
export const checkCosignatures = tableCheck(NO_FINDINGS, async (tables, { log }) => {
  const findings: Finding[] = [];
  await tables.eachText(COSIGNATURES, [], 'verify_cosignatures', ([size, witness, line]) => {
    const wrong = checkLine(String(line), log.nowMs);
    if (wrong === undefined || findings.length >= MAX_FINDINGS) return;
    const what = `the cosignature of ${String(witness)} under the checkpoint of size ${String(size)} ${wrong}`;
    findings.push({ kind: 'cosignature_altered', table: 'audit_cosignature', index: Number(size), what });
  });
  return { findings };
});

function checkLine(line: string, nowMs: number): string | undefined {
  const signatures = undefinedIfRejected(() => parseSignatureLines(line));
  if (!signatures) return 'is not a signature line';
  const seconds = parseTimestamp(signatures[0]?.signature ?? new Uint8Array());
  if (seconds === undefined) return 'has no time';
  if (seconds === 0n) return 'has the time 0';
  const isAhead = Number(seconds) * 1_000 > nowMs + CLOCK_TOLERANCE_MS;
  return isAhead ? 'has a time in the future' : undefined;
}
