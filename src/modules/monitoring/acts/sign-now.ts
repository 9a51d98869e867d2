import { AuditError } from '../../../audit/index.js';
import { EMPTY_ROOT, type TreeHead } from '../integrity/merkle/index.js';
import { verifyCheckpoint, type CheckpointTrust } from '../integrity/notes/index.js';
import { signAct, type ActStatement } from './act-note.js';

/** What signs acts with the ledger's key. */
export interface ActSigner {
  /** The signed note of a text that ends in a newline. */
  readonly signText: (text: string) => string;
  readonly trust: CheckpointTrust;
}

/** What runs statements that may read checkpoints. */
interface Queries {
  rows(text: string, values?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

const NEWEST = 'SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 100';

/**
 * The signed note of an act that is done now, bound to the newest checkpoint that the ledger's key signed; before the first one,
 * to the empty tree. Rejects with the client's error.
 */
export async function signNow(queries: Queries, statement: ActStatement, signer: ActSigner): Promise<string> {
  const notes = await queries.rows(NEWEST);
  const heads = notes.map(({ note }) => headOf(String(note), signer.trust));
  const head = heads.find((each) => each !== undefined) ?? { size: 0, rootHash: EMPTY_ROOT };
  return signAct(signer.trust.origin, { head, statement }, signer.signText);
}

function headOf(note: string, trust: CheckpointTrust): TreeHead | undefined {
  try {
    return verifyCheckpoint(note, trust).checkpoint;
  } catch (error) {
    if (error instanceof AuditError) return undefined;
    throw error;
  }
}
