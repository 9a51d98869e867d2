import { canonicalJson, parseJson } from '../../../../audit/plain.js';
import type { CheckpointTrust } from './checkpoint.js';
import { InvalidStatementError } from './note.error.js';
import { verifyNote } from './signed-note.js';

/** Signs statements as a ledger, and names the keys whose signatures are accepted. */
export interface StatementSigner {
  /** The signed note of a text that ends in a newline. */
  readonly signText: (text: string) => string;
  readonly trust: CheckpointTrust;
}

/**
 * The text of what a ledger states: a line with its kind, so that no statement is taken for a checkpoint or one of another kind; the
 * ledger's origin; and canonical JSON on one line. Fields that are `undefined` are left out.
 */
export function formatStatement(kind: string, origin: string, stated: object): string {
  const fields = Object.entries(stated).filter(([, value]) => value !== undefined);
  return `${firstLine(kind)}\n${origin}\n${canonicalJson(Object.fromEntries(fields))}\n`;
}

/**
 * What a note states, once a key of the ledger is seen to have signed it as a statement of that kind.
 *
 * @throws InvalidStatementError (`AUDIT_STATEMENT_INVALID`) for another kind of text or another ledger's; InvalidNoteError
 *   (`AUDIT_NOTE_INVALID`), ForgedNoteError (`AUDIT_NOTE_FORGED`) and UnverifiedNoteError (`AUDIT_NOTE_UNVERIFIED`)
 */
export function readStatement(note: string, kind: string, { origin, keys }: CheckpointTrust): unknown {
  const [first, name = '', json = '', ...rest] = verifyNote(note, keys).text.split('\n');
  if (first !== firstLine(kind) || rest.length !== 1) throw InvalidStatementError.otherKind(firstLine(kind));
  if (name !== origin) throw InvalidStatementError.otherLedger(origin, name);
  return parseJson(json);
}

function firstLine(kind: string): string {
  return `nestjs-audit-ledger/${kind}@v1`;
}
