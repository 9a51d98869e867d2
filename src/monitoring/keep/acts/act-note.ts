import { hash } from 'node:crypto';
import type { JsonObject } from '../../../audit/nest-free.js';
import { AuditError } from '../../../base/errors/audit.error.js';
import { canonicalJson } from '../../../base/json/canonical-json.js';
import { parseJson } from '../../../base/json/parse-json.js';
import { unlessRefused } from '../../errors/unless-refused.js';
import { parseCheckpoint, type CheckpointTrust } from '../../proof/log/notes/checkpoint.js';
import { verifyNote } from '../../proof/log/notes/signed-note.js';
import type { TreeHead } from '../../proof/log/merkle/verify-consistency.js';
import type { ActName } from './act-types.js';
import { verifyErrors } from '../../errors/verify.errors.js';

/** The first line of an act. The ledger's key signs both acts and checkpoints; this line distinguishes them. */
export const ACT_HEADER = 'nestjs-audit-ledger/act@v1';

/** The value of `previous` in the first act of a ledger. */
export const NO_ACT_HASH = Buffer.alloc(32).toString('base64');

export type ActStatement = JsonObject & { readonly act: ActName };

export interface Act {
  readonly head: TreeHead;
  /** The number of the act: 1 for the ledger's first act, and one more for each later act. */
  readonly number: number;
  /** The hash of the previous act, by {@link hashAct}; {@link NO_ACT_HASH} in the first act. */
  readonly previous: string;
  readonly statement: ActStatement;
}

/**
 * Formats an act as the text to sign. The lines are: the header, the log's origin, the tree's size and root, the act's number, the previous
 * act's hash, the statement.
 */
export function formatAct(origin: string, { head, number, previous, statement }: Act): string {
  const root = Buffer.from(head.rootHash).toString('base64');
  const place = `${head.size}\n${root}\n${number}\n${previous}`;
  return `${ACT_HEADER}\n${origin}\n${place}\n${canonicalJson(statement)}\n`;
}

/**
 * Reads an act from a note that a key of the log signed. The caller must check that the act's head belongs to the log, and that the number
 * and the hash are right.
 *
 * @throws `AUDIT_ACT_INVALID` for a note that is not a signed act of this log
 */
export function verifyAct(note: string, { origin, keys }: CheckpointTrust): Act {
  const [type, name, size, root, number = '', previous = '', json = '', ...rest] = signedText(note, keys).split('\n');
  if (type !== ACT_HEADER) throw verifyErrors.AUDIT_ACT_INVALID(`its first line is not ${ACT_HEADER}`);
  if (name !== origin) throw verifyErrors.AUDIT_ACT_INVALID(`it belongs to another log than ${origin}`);
  if (rest.join('\n') !== '') throw verifyErrors.AUDIT_ACT_INVALID('it has too many lines');
  const { size: headSize, rootHash } = parseCheckpoint(`${name}\n${size ?? ''}\n${root ?? ''}\n`);
  const statement = parseJson(json) as ActStatement; // a key of the log signed the note, so formatAct() wrote the note
  return { head: { size: headSize, rootHash }, number: Number(number), previous, statement };
}

/** Returns the act in a note that a key of the log signed; `undefined` for any other note. */
export function actOf(note: string, trust: CheckpointTrust): Act | undefined {
  return unlessRefused(() => verifyAct(note, trust));
}

/** Reads the statement of an act from the act's note, without checking the signatures. Returns `{}` for any other text. */
export function actText(note: string): JsonObject {
  const [, , , , , , json = ''] = note.split('\n');
  try {
    return Object(parseJson(json)) as JsonObject; // the statement of an act is an object; callers check each member
  } catch {
    return {};
  }
}

/** Returns the SHA-256 of an act's whole note, including the signatures, in base64. The next act states this hash. */
export function hashAct(note: string): string {
  return hash('sha256', note, 'base64');
}

function signedText(note: string, keys: CheckpointTrust['keys']): string {
  try {
    return verifyNote(note, keys).text;
  } catch (error) {
    if (error instanceof AuditError) throw verifyErrors.AUDIT_ACT_INVALID(error.message.replace(/\.$/, ''), error);
    throw error;
  }
}
