import { AuditError, parseJson, type AuditEvent } from '../../../audit/index.js';
import type { TreeHead } from '../log/merkle/consistency.js';
import { hashLeaf } from '../log/merkle/hashes.js';
import { verifyInclusion } from '../log/merkle/inclusion.js';
import { decodeBase64, decodeHashes } from '../log/notes/encoding.js';
import { commitPersonal, encodeEntry, sealFacts } from '../sealing/seal-event.js';
import { takePersonal } from '../sealing/take-personal.js';
import type { LineProof } from './proven-lines.js';
import { hasRepeatedMember } from './repeated-members.js';

/** An event of a line, with its place and its proof. */
interface ProvenLine extends AuditEvent {
  readonly index: number;
  readonly compliance?: unknown;
  readonly proof?: LineProof;
}

/**
 * Holds a line of JSON against the proof in it: that the event, its personal part included where it is shown, is what was sealed at
 * its index in this tree. `undefined` when it is; else what is wrong, as a part of a sentence. Never throws.
 */
export function refuteLine(line: Buffer, head: TreeHead): string | undefined {
  try {
    const text = line.toString('utf8');
    const read = parseJson(text) as ProvenLine; // anything else throws below, or is refuted
    if (hasRepeatedMember(text, read)) return 'names a member twice: readers differ in which of the two they take';
    if (!isTags(read.compliance)) return 'has invalid compliance tags';
    Reflect.deleteProperty(read, 'compliance'); // the catalogue's, and of no sealed event
    const { proof, index, ...event } = read;
    if (!proof) return 'has no proof';
    const { commitment, salt, personal = [], hashes } = proof;
    const split = takePersonal(event, personal);
    const saltBytes = salt === undefined ? undefined : decodeBase64(salt);
    if (split.personal && !(saltBytes && commitPersonal(split.personal, saltBytes) === commitment)) {
      return 'has another personal part than the one that was sealed';
    }
    const decoded = decodeHashes(hashes);
    if (!decoded) return 'has an invalid proof';
    const leafHash = hashLeaf(encodeEntry(sealFacts(split.facts, commitment)));
    const isProven = verifyInclusion({ index, size: head.size, leafHash, hashes: decoded }, head.rootHash);
    return isProven
      ? undefined
      : 'is not what was sealed at its index: its proof does not lead to the root of the checkpoint';
  } catch (error) {
    // A RangeError: it is nested too deep.
    if ([AuditError, SyntaxError, TypeError, RangeError].some((expected) => error instanceof expected)) {
      return 'is not an event with a proof';
    }
    throw error;
  }
}

/** Tags are texts: nothing is proven of them, so that nothing else may stand in their place. */
function isTags(tags: unknown): boolean {
  return tags === undefined || (Array.isArray(tags) && tags.every((tag) => typeof tag === 'string'));
}
