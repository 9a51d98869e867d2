import { unlessRefused } from '../../../errors/unless-refused.js';
import { parseCheckpoint } from '../../log/notes/checkpoint.js';
import { parseVerifierKey, type NoteVerifier, timestampOf } from '../../log/notes/note-signer.js';
import { parseNote, parseSignatureLines, type ParsedNote } from '../../log/notes/signed-note.js';
import type { Finding } from '../finding.js';
import { pagesBySize } from '../read-heads.js';
import type { LedgerSession } from '../../../store/sessions/ledger-session.js';
import { VerifyRequestError } from '../verify-request.error.js';

/** The required cosignatures. */
export interface WitnessDemand {
  /** Verifier keys of witnesses (tlog-cosignature, v1). Keys with the same name belong to one witness. */
  readonly keys: readonly string[];
  /** @defaultValue the number of witnesses */
  readonly quorum?: number;
}

/** The newest checkpoint with the required cosignatures. */
export interface CosignedCheckpoint {
  readonly size: number;
  readonly witnesses: readonly string[];
}

export interface WitnessCheck {
  readonly findings: readonly Finding[];
  readonly warnings: readonly string[];
  readonly cosigned?: CosignedCheckpoint;
}

const PAGE = 256;
/** Limits the number of findings, because one forger can write many lines. */
const MOST_NAMED = 20;

const COSIGNED = `
  SELECT c.size, c.note, array_to_json(array_agg(s.line::text)) AS lines
    FROM audit_checkpoint c JOIN audit_cosignature s USING (size)
   WHERE c.size < $1 GROUP BY c.size, c.note ORDER BY c.size DESC LIMIT ${PAGE}`;

/**
 * Searches the given notes and the notes in the database for the newest checkpoint that a quorum of witnesses cosigned. The caller compares
 * each of these checkpoints with the log.
 *
 * @throws VerifyRequestError (`AUDIT_VERIFY_REQUEST_INVALID`) if a key is not a witness key, or if the quorum is impossible
 * @throws InvalidNoteKeyError (`AUDIT_NOTE_KEY_INVALID`) for an invalid key
 */
export async function checkWitnesses(
  demand: WitnessDemand,
  notes: readonly string[],
  size: number,
  { snapshot, now = Date.now }: { readonly snapshot?: LedgerSession; readonly now?: (() => number) | undefined } = {},
): Promise<WitnessCheck> {
  const witnesses = demand.keys.map((key) => parseVerifierKey(key));
  const names = new Set(witnesses.map(({ name }) => name));
  const quorum = demand.quorum ?? names.size;
  if (witnesses.some(({ type }) => type !== 'cosignature')) {
    throw VerifyRequestError.notWitnessed(
      'a key given with --witness is not a cosignature key (tlog-cosignature, Ed25519)',
    );
  }
  if (!Number.isInteger(quorum) || quorum < 1 || quorum > names.size) {
    throw VerifyRequestError.notWitnessed(`the quorum is ${quorum}, and the number of witnesses is ${names.size}`);
  }
  const findings: Finding[] = [];
  let best: CosignedCheckpoint | undefined;
  const look = (judged: Judged, table: string): void => {
    findings.push(...judged.wrong.map((what) => ({ kind: 'cosignature_forged' as const, table, what })));
    if (judged.names.length < quorum || judged.size <= (best?.size ?? 0)) return;
    best = { size: judged.size, witnesses: judged.names };
  };
  for (const note of notes) look(judge(parseNote(note), witnesses, now()), 'checkpoint');
  if (snapshot) {
    for await (const rows of pagesBySize(snapshot, COSIGNED)) {
      for (const { note, lines } of rows) {
        const judged = judgeStored(String(note), lines as StoredLines, witnesses, now()); // an array of texts
        if (judged) look(judged, 'audit_cosignature');
      }
      if (best) break;
    }
  }
  if (!best) {
    const what = `no checkpoint has cosignatures of ${quorum} of the ${names.size} given witnesses`;
    findings.push({ kind: 'cosignature_missing', table: snapshot ? 'audit_cosignature' : 'checkpoint', what });
    return { findings: findings.slice(0, MOST_NAMED), warnings: [] };
  }
  const uncovered = size - best.size;
  const warnings =
    uncovered > 0
      ? [`The newest cosigned checkpoint has size ${best.size}: ${uncovered} later event(s) have no quorum yet.`]
      : [];
  return { findings: findings.slice(0, MOST_NAMED), warnings, cosigned: best };
}

/** A line can be null if somebody dropped the table's constraint. */
type StoredLines = readonly (string | null)[];

interface Judged {
  readonly size: number;
  readonly names: readonly string[];
  readonly wrong: readonly string[];
}

/** Ignores unreadable notes and lines, because other checks report them. */
function judgeStored(
  note: string,
  lines: StoredLines,
  witnesses: readonly NoteVerifier[],
  now: number,
): Judged | undefined {
  const stored = lines.flatMap((line) => unlessRefused(() => parseSignatureLines(line ?? '')) ?? []);
  return unlessRefused(() => {
    const { text, signatures } = parseNote(note);
    return judge({ text, signatures: [...signatures, ...stored] }, witnesses, now);
  });
}

function judge({ text, signatures }: ParsedNote, witnesses: readonly NoteVerifier[], now: number): Judged {
  const { size } = parseCheckpoint(text);
  const names = new Set<string>();
  const wrong: string[] = [];
  for (const { name, keyId, signature } of signatures) {
    const witness = witnesses.find((key) => key.name === name && key.keyId === keyId);
    if (!witness) continue;
    const seconds = Number(timestampOf(signature) ?? 0n);
    if (!witness.isSignature(text, signature)) {
      wrong.push(`the cosignature of ${name} over size ${size} was not made by its key`);
    } else if (seconds > 0 && seconds * 1_000 <= now + CLOCK_TOLERANCE_MS) names.add(name);
    else wrong.push(`the cosignature of ${name} over size ${size} has the impossible time ${seconds}`);
  }
  return { size, names: [...names].sort(), wrong };
}

/** The maximum difference between the clocks of a witness, an application, an auditor and the server. */
export const CLOCK_TOLERANCE_MS = 5 * 60_000;

const MAX_FINDINGS = 1_000;
const COSIGNATURES = 'SELECT size, witness_name, line FROM audit_cosignature ORDER BY size, witness_name, key_id';

/** Checks stored cosignatures without the keys of the witnesses. Each line must be a signature with a time that is not in the future. */
export async function checkCosignatures(snapshot: LedgerSession, nowMs: number): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  await snapshot.eachText(COSIGNATURES, [], 'verify_cosignatures', ([size, witness, line]) => {
    const wrong = judgeLine(String(line), nowMs);
    if (wrong === undefined || findings.length >= MAX_FINDINGS) return;
    const what = `the cosignature of ${String(witness)} under the checkpoint of size ${String(size)} ${wrong}`;
    findings.push({ kind: 'cosignature_altered', table: 'audit_cosignature', index: Number(size), what });
  });
  return findings;
}

function judgeLine(line: string, nowMs: number): string | undefined {
  const signatures = unlessRefused(() => parseSignatureLines(line));
  if (!signatures) return 'is not a signature line';
  const seconds = timestampOf(signatures[0]?.signature ?? new Uint8Array());
  if (seconds === undefined) return 'has no time';
  if (seconds === 0n) return 'has the time 0';
  const isAhead = Number(seconds) * 1_000 > nowMs + CLOCK_TOLERANCE_MS;
  return isAhead ? 'has a time in the future' : undefined;
}
