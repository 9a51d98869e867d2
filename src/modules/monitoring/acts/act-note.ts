import { AuditError, canonicalJson, parseJson } from '../../../audit/index.js';
import { parseCheckpoint, verifyNote, type CheckpointTrust } from '../integrity/notes/index.js';
import type { TreeHead } from '../integrity/merkle/index.js';
import { InvalidActError } from './act.errors.js';

/** The first line of an act, so that none is taken for a checkpoint, nor a checkpoint for an act. */
const TYPE = 'nestjs-audit-ledger/act@v1';

/** What an act says is done: plain JSON, with the name of the act first. */
export interface ActStatement {
  readonly act: string;
  readonly [name: string]: unknown;
}

/** Something that is done to the ledger itself, and the newest tree when it was signed. */
export interface Act {
  readonly head: TreeHead;
  readonly statement: ActStatement;
}

/**
 * The signed note of an act: its type, the log's origin, the size and the root of the newest checkpoint, and the statement as
 * canonical JSON on one line.
 *
 * @param signText signs a text with the ledger's key
 */
export function signAct(origin: string, { head, statement }: Act, signText: (text: string) => string): string {
  const root = Buffer.from(head.rootHash).toString('base64');
  return signText(`${TYPE}\n${origin}\n${head.size}\n${root}\n${canonicalJson(statement)}\n`);
}

/**
 * The act of a note, once a key of the log is seen to have signed it. Whether its head is one of the log is for the caller to see.
 *
 * @throws InvalidActError (`AUDIT_ACT_INVALID`) for what is not a signed act of this log
 */
export function verifyAct(note: string, { origin, keys }: CheckpointTrust): Act {
  const [type, name, size, root, json = '', ...rest] = signedText(note, keys).split('\n');
  if (type !== TYPE) throw InvalidActError.create(`its first line is not ${TYPE}`);
  if (name !== origin) throw InvalidActError.create(`it is of another log than ${origin}`);
  if (rest.join('\n') !== '') throw InvalidActError.create('it has more lines than it may');
  const { size: headSize, rootHash } = parseCheckpoint(`${name}\n${size ?? ''}\n${root ?? ''}\n`);
  const statement = parseJson(json) as ActStatement; // signed, so it is what signAct() wrote
  return { head: { size: headSize, rootHash }, statement };
}

function signedText(note: string, keys: CheckpointTrust['keys']): string {
  try {
    return verifyNote(note, keys).text;
  } catch (error) {
    if (error instanceof AuditError) throw InvalidActError.create(error.message.replace(/\.$/, ''), error);
    throw error;
  }
}
