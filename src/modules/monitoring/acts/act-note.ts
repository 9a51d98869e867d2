import { createHash } from 'node:crypto';
import { AuditError, canonicalJson, parseJson, type JsonObject } from '../../../audit/plain.js';
import { unlessRefused } from '../errors/unless-refused.js';
import { parseCheckpoint, type CheckpointTrust } from '../log/notes/checkpoint.js';
import { verifyNote } from '../log/notes/signed-note.js';
import type { TreeHead } from '../log/merkle/verify-consistency.js';
import type { ActName } from './act-types.js';
import { InvalidActError } from './act.error.js';

/** The first line of an act. It keeps acts and checkpoints from being taken for each other. */
export const ACT_HEADER = 'nestjs-audit-ledger/act@v1';

/** The hash that the first act of a ledger states in place of an act before it. */
export const NO_ACT_HASH = Buffer.alloc(32).toString('base64');

export type ActStatement = JsonObject & { readonly act: ActName };

/** An act on the ledger itself: its number, and the newest tree when it was signed. */
export interface Act {
  readonly head: TreeHead;
  /** 1 for the first act of the ledger, then one more each time. */
  readonly number: number;
  /** The hash of the act before, by {@link hashAct}; {@link NO_ACT_HASH} for the first. */
  readonly previous: string;
  readonly statement: ActStatement;
}

/**
 * The signed note of an act: its type, the log's origin, the size and the root of the newest checkpoint, the act's number, the
 * hash of the act before it, and the statement as canonical JSON on one line.
 *
 * @param signText signs a text with the ledger's key
 */
export function signAct(
  origin: string,
  { head, number, previous, statement }: Act,
  signText: (text: string) => string,
): string {
  const root = Buffer.from(head.rootHash).toString('base64');
  const place = `${head.size}\n${root}\n${number}\n${previous}`;
  return signText(`${ACT_HEADER}\n${origin}\n${place}\n${canonicalJson(statement)}\n`);
}

/**
 * Reads an act from a note that a key of the log signed. The caller checks that its head belongs to the log, and that its number and hash
 * are right.
 *
 * @throws InvalidActError (`AUDIT_ACT_INVALID`) for what is not a signed act of this log
 */
export function verifyAct(note: string, { origin, keys }: CheckpointTrust): Act {
  const [type, name, size, root, number = '', previous = '', json = '', ...rest] = signedText(note, keys).split('\n');
  if (type !== ACT_HEADER) throw InvalidActError.create(`its first line is not ${ACT_HEADER}`);
  if (name !== origin) throw InvalidActError.create(`it is of another log than ${origin}`);
  if (rest.join('\n') !== '') throw InvalidActError.create('it has more lines than it may');
  const { size: headSize, rootHash } = parseCheckpoint(`${name}\n${size ?? ''}\n${root ?? ''}\n`);
  const statement = parseJson(json) as ActStatement; // signed, so it is what signAct() wrote
  return { head: { size: headSize, rootHash }, number: Number(number), previous, statement };
}

/** The act of a note that a key of the log signed; `undefined` for any other note. */
export function actOf(note: string, trust: CheckpointTrust): Act | undefined {
  return unlessRefused(() => verifyAct(note, trust));
}

/** Reads what the note of an act states, without checking its signatures; `{}` for any other note. `verify` checks the keys itself. */
export function actText(note: string): JsonObject {
  const [, , , , , , json = ''] = note.split('\n');
  try {
    return parseJson(json) as JsonObject; // an act is an object; for anything else, each member is checked
  } catch {
    return {};
  }
}

/** The SHA-256 of a whole note of an act, its signatures included, in base64. The next act states it. */
export function hashAct(note: string): string {
  return createHash('sha256').update(note).digest('base64');
}

function signedText(note: string, keys: CheckpointTrust['keys']): string {
  try {
    return verifyNote(note, keys).text;
  } catch (error) {
    if (error instanceof AuditError) throw InvalidActError.create(error.message.replace(/\.$/, ''), error);
    throw error;
  }
}
