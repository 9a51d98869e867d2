import { AuditError, parseJson, type AuditEvent } from '../../../audit/plain.js';
import type { TreeHead } from '../log/merkle/verify-consistency.js';
import { verifyInclusion } from '../log/merkle/verify-inclusion.js';
import { decodeHashes } from '../log/notes/encoding.js';
import { isTags, leafOfShown } from '../sealing/leaf-of-shown.js';
import type { LineProof } from './proven-lines.js';

interface ProvenLine extends AuditEvent {
  readonly index: number;
  readonly proof?: LineProof;
}

/**
 * Checks a line of JSON against its own proof: whether the event (with its personal part, where it is shown) was sealed at its index in
 * this tree. Returns `undefined` if it was; else what is wrong, as a part of a sentence. Never throws.
 */
export function refuteLine(line: Buffer, head: TreeHead): string | undefined {
  try {
    const text = line.toString('utf8');
    const read = parseJson(text) as ProvenLine; // anything else throws below, or is refuted
    if (hasRepeatedMember(text, read)) return 'names a member twice: readers differ in which of the two they take';
    if (!isTags(Reflect.get(read, 'compliance'))) return 'has invalid compliance tags';
    const { proof, index, ...event } = read;
    if (!proof) return 'has no proof';
    const { hashes, ...shown } = proof;
    const leaf = leafOfShown(event, shown);
    if (!leaf) return 'is not an event with a proof';
    if (leaf.personal === 'other' || leaf.personal === 'unproven') {
      return 'has another personal part than the one that was sealed';
    }
    const decoded = decodeHashes(hashes);
    if (!decoded) return 'has an invalid proof';
    const { leafHash } = leaf;
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

/** A JSON string, with the colon behind it if it is a member's name. */
const TEXT = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/gs;

/**
 * Whether an object in a text of JSON names a member twice: readers differ in which of the two they take.
 *
 * @param value the parsed text
 */
function hasRepeatedMember(json: string, value: unknown): boolean {
  let names = 0;
  for (const [, colon] of json.matchAll(TEXT)) if (colon !== undefined) names += 1;
  return names !== countMembers(value);
}

/** Works without recursion, so that deep nesting cannot overflow the stack. */
function countMembers(whole: unknown): number {
  let members = 0;
  const rest = [whole];
  for (let value = rest.pop(); value !== undefined; value = rest.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    const within: readonly unknown[] = Object.values(value);
    if (!Array.isArray(value)) members += within.length;
    for (const one of within) rest.push(one);
  }
  return members;
}
