import { undefinedIfRejected } from '../../../errors/undefined-if-rejected.js';
import { parseCheckpoint } from '../../log/notes/checkpoint.js';
import { parseVerifierKey, type NoteVerifier, parseTimestamp } from '../../log/notes/note-signer.js';
import { parseNote, parseSignatureLines, type ParsedNote } from '../../log/notes/signed-note.js';
import type { Finding } from '../finding.js';
import { readPagesBySize } from '../read-heads.js';
import { CLOCK_TOLERANCE_MS } from '../../../store/ledger-clock.js';
import type { LedgerSession } from '../../../store/sessions/ledger-session.js';
import type { Check } from '../check.js';
import type { CosignedCheckpoint, WitnessDemand } from '../verification.js';
import { verifyErrors } from '../../../errors/verify.errors.js';

interface CosignedHead {
  readonly findings: readonly Finding[];
  readonly cosigned?: CosignedCheckpoint;
}

const PAGE = 256;
/** Limits the number of findings, because one forger can write many lines. */
const MAX_LISTED = 20;

const COSIGNED = `
  SELECT c.size, c.note, array_to_json(array_agg(s.line::text)) AS lines
    FROM audit_checkpoint c JOIN audit_cosignature s USING (size)
   WHERE c.size < $1 GROUP BY c.size, c.note ORDER BY c.size DESC LIMIT ${PAGE}`;

/** Searches the given notes, the log's own and those in the database for the newest checkpoint with the required cosignatures. */
export const checkWitnesses: Check = async ({ log: { source, head, size, options, nowMs } }) => {
  if (!options.witnesses) return {};
  const notes = [...(options.published ?? []), ...(head ? [head.note] : [])];
  const { findings, cosigned } = await findCosigned(options.witnesses, notes, source.tables, nowMs);
  const uncovered = cosigned ? size - cosigned.size : 0;
  const warning = `The newest cosigned checkpoint has size ${cosigned?.size}: ${uncovered} later event(s) have no quorum yet.`;
  return { findings, warnings: uncovered > 0 ? [warning] : [], report: cosigned ? { cosigned } : {} };
};

/**
 * Searches the notes and the tables for the newest checkpoint that a quorum of witnesses cosigned. The caller compares each of these
 * checkpoints with the log.
 *
 * @throws `AUDIT_REQUEST_INVALID` if a key is not a witness key, or if the quorum is impossible
 * @throws `AUDIT_NOTE_KEY_INVALID` for an invalid key
 */
async function findCosigned(
  demand: WitnessDemand,
  notes: readonly string[],
  tables: LedgerSession | undefined,
  nowMs: number,
): Promise<CosignedHead> {
  const witnesses = demand.keys.map((key) => parseVerifierKey(key));
  const names = new Set(witnesses.map(({ name }) => name));
  const quorum = demand.quorum ?? names.size;
  if (witnesses.some(({ type }) => type !== 'cosignature')) {
    throw verifyErrors.AUDIT_REQUEST_INVALID.notWitnessed(
      'a key given with --witness is not a cosignature key (tlog-cosignature, Ed25519)',
    );
  }
  if (!Number.isInteger(quorum) || quorum < 1 || quorum > names.size) {
    throw verifyErrors.AUDIT_REQUEST_INVALID.notWitnessed(
      `the quorum is ${quorum}, and the number of witnesses is ${names.size}`,
    );
  }
  const findings: Finding[] = [];
  let best: CosignedCheckpoint | undefined;
  const check = (checked: WitnessResult, table: string): void => {
    findings.push(...checked.wrong.map((what) => ({ kind: 'cosignature_forged' as const, table, what })));
    if (checked.names.length < quorum || checked.size <= (best?.size ?? 0)) return;
    best = { size: checked.size, witnesses: checked.names };
  };
  for (const note of notes) check(checkNote(parseNote(note), witnesses, nowMs), 'checkpoint');
  if (tables) {
    for await (const rows of readPagesBySize(tables, COSIGNED)) {
      for (const { note, lines } of rows) {
        const checked = checkStoredNote(String(note), lines as StoredLines, witnesses, nowMs); // an array of texts
        if (checked) check(checked, 'audit_cosignature');
      }
      if (best) break;
    }
  }
  if (!best) {
    const what = `no checkpoint has cosignatures of ${quorum} of the ${names.size} given witnesses`;
    findings.push({ kind: 'cosignature_missing', table: tables ? 'audit_cosignature' : 'checkpoint', what });
  }
  return { findings: findings.slice(0, MAX_LISTED), ...(best && { cosigned: best }) };
}

/** A line can be null if somebody dropped the table's constraint. */
type StoredLines = readonly (string | null)[];

interface WitnessResult {
  readonly size: number;
  readonly names: readonly string[];
  readonly wrong: readonly string[];
}

/** Ignores unreadable notes and lines, because other checks report them. */
function checkStoredNote(
  note: string,
  lines: StoredLines,
  witnesses: readonly NoteVerifier[],
  nowMs: number,
): WitnessResult | undefined {
  const stored = lines.flatMap((line) => undefinedIfRejected(() => parseSignatureLines(line ?? '')) ?? []);
  return undefinedIfRejected(() => {
    const { text, signatures } = parseNote(note);
    return checkNote({ text, signatures: [...signatures, ...stored] }, witnesses, nowMs);
  });
}

function checkNote({ text, signatures }: ParsedNote, witnesses: readonly NoteVerifier[], nowMs: number): WitnessResult {
  const { size } = parseCheckpoint(text);
  const names = new Set<string>();
  const wrong: string[] = [];
  for (const { name, keyId, signature } of signatures) {
    const witness = witnesses.find((key) => key.name === name && key.keyId === keyId);
    if (!witness) continue;
    const seconds = Number(parseTimestamp(signature) ?? 0n);
    if (!witness.isSignature(text, signature)) {
      wrong.push(`the cosignature of ${name} over size ${size} was not made by its key`);
    } else if (seconds > 0 && seconds * 1_000 <= nowMs + CLOCK_TOLERANCE_MS) names.add(name);
    else wrong.push(`the cosignature of ${name} over size ${size} has the impossible time ${seconds}`);
  }
  return { size, names: [...names].sort(), wrong };
}
