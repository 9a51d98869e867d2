import { hashLeaf } from '../merkle/hashes.js';
import { verifyInclusion } from '../merkle/verify-inclusion.js';
import { verifyCheckpoint, type Checkpoint, type CheckpointTrust } from './checkpoint.js';
import { decodeBase64, decodeHashes, encodeBase64, parseDecimal } from './encoding.js';
import { proofErrors } from '../proof.errors.js';

/** A proof in the format tlog-proof, v1. */
interface TlogProof {
  /** The index of the entry in the log, from 0. */
  readonly index: number;
  /** The hashes from the leaf's sibling up to a child of the root, in the tree of the checkpoint. */
  readonly hashes: readonly Uint8Array[];
  readonly checkpoint: string;
}

interface ProvenEntry {
  readonly index: number;
  readonly checkpoint: Checkpoint;
}

const HEADER = 'c2sp.org/tlog-proof@v1';
const EXTRA = 'extra ';
const INDEX = 'index ';

/** Formats a proof as the content of a `.tlog-proof` file. */
export function formatProof({ index, hashes, checkpoint }: TlogProof): string {
  const lines = [HEADER, `${INDEX}${index}`, ...hashes.map(encodeBase64)];
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

/** Parses a proof without verifying it. Drops the line of extra data, which is not signed. @throws `AUDIT_PROOF_INVALID` */
export function parseProof(text: string): TlogProof {
  const end = text.indexOf('\n\n');
  const [header, ...rest] = text.slice(0, Math.max(end, 0)).split('\n');
  if (header !== HEADER) throw proofErrors.AUDIT_PROOF_INVALID.proof(`its first line is not ${HEADER}`);
  const [extra] = rest[0]?.startsWith(EXTRA) ? rest.splice(0, 1) : [];
  if (extra !== undefined && !decodeBase64(extra.slice(EXTRA.length))) {
    throw proofErrors.AUDIT_PROOF_INVALID.proof('its extra data is not base64');
  }
  const [indexLine = '', ...lines] = rest;
  const index = indexLine.startsWith(INDEX) ? parseDecimal(indexLine.slice(INDEX.length)) : undefined;
  if (index === undefined) throw proofErrors.AUDIT_PROOF_INVALID.proof('it has no line index <number>');
  const hashes = decodeHashes(lines);
  if (!hashes)
    throw proofErrors.AUDIT_PROOF_INVALID.proof(
      'a line after its index is not a hash, or there are more than 63 hashes',
    );
  return { index, hashes, checkpoint: text.slice(end + 2) };
}

/**
 * Verifies a proof offline.
 *
 * @param entry the sealed event's canonical JSON, UTF-8
 * @throws `AUDIT_PROOF_INVALID`, `AUDIT_PROOF_WRONG`, and the errors of {@link verifyCheckpoint}
 */
export function verifyProof(text: string, entry: Uint8Array, trust: CheckpointTrust): ProvenEntry {
  const proof = parseProof(text);
  const { checkpoint } = verifyCheckpoint(proof.checkpoint, trust);
  const { size, rootHash } = checkpoint;
  if (!verifyInclusion({ index: proof.index, size, leafHash: hashLeaf(entry), hashes: proof.hashes }, rootHash)) {
    throw proofErrors.AUDIT_PROOF_WRONG.path(proof.index, size);
  }
  return { index: proof.index, checkpoint };
}
