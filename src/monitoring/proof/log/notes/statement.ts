import { canonicalJson } from '../../../../base/json/canonical-json.js';
import { parseJson } from '../../../../base/json/parse-json.js';
import type { CheckpointTrust } from './checkpoint.js';
import { verifyNote } from './signed-note.js';
import { proofErrors } from '../proof.errors.js';

/** Signs statements of a ledger, and provides the ledger's trusted keys. */
export interface StatementSigner {
  /** Signs a text as a note. The text must end in a newline. @throws `AUDIT_SIGNING_FAILED` */
  readonly signText: (text: string) => Promise<string>;
  readonly trust: CheckpointTrust;
}

/**
 * Formats a statement of a ledger in three lines: the kind, the ledger's origin, and canonical JSON. Because of the first line, a statement
 * cannot be mistaken for a checkpoint or for a statement of another kind. Fields that are `undefined` are left out.
 */
export function formatStatement(kind: string, origin: string, stated: object): string {
  const fields = Object.entries(stated).filter(([, value]) => value !== undefined);
  return `${formatFirstLine(kind)}\n${origin}\n${canonicalJson(Object.fromEntries(fields))}\n`;
}

/**
 * Reads the statement of a note, and verifies that a key of the ledger signed a statement of this kind.
 *
 * @throws `AUDIT_NOTE_FOREIGN` for a text of another kind, or a statement of another ledger
 * @throws `AUDIT_PROOF_INVALID`, `AUDIT_PROOF_WRONG`, `AUDIT_NOTE_UNVERIFIED`
 */
export function readStatement(note: string, kind: string, { origin, keys }: CheckpointTrust): unknown {
  const [first, name = '', json = '', ...rest] = verifyNote(note, keys).text.split('\n');
  if (first !== formatFirstLine(kind) || rest.length !== 1)
    throw proofErrors.AUDIT_NOTE_FOREIGN.otherKind(formatFirstLine(kind));
  if (name !== origin) throw proofErrors.AUDIT_NOTE_FOREIGN.otherLedger(origin, name);
  return parseJson(json);
}

function formatFirstLine(kind: string): string {
  return `nestjs-audit-ledger/${kind}@v1`;
}
