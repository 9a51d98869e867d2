import { AuditError, parseJson, type AuditEvent } from '../../../audit/nest-free.js';
import type { TreeHead } from '../../proof/log/merkle/verify-consistency.js';
import { verifyInclusion } from '../../proof/log/merkle/verify-inclusion.js';
import { decodeHashes } from '../../proof/log/notes/encoding.js';
import { isTags, leafOfShown } from '../../proof/sealing/leaf-of-shown.js';
import type { LineProof } from './proven-lines.js';

interface ProvenLine extends AuditEvent {
  readonly index: number;
  readonly proof?: LineProof;
}

/**
 * Checks the proof in a line of JSON: the tree must contain the event at its index. Returns the problem as a part of a sentence, or
 * `undefined`. Never throws.
 */
export function refuteLine(line: Buffer, head: TreeHead): string | undefined {
  try {
    const text = line.toString('utf8');
    const read = parseJson(text) as ProvenLine; // if the JSON is something else, the code below throws or refutes it
    if (hasRepeatedMember(text, read)) return 'names a member twice: JSON parsers differ in which one they use';
    if (!isTags(Reflect.get(read, 'compliance'))) return 'has invalid compliance tags';
    const { proof, index, ...event } = read;
    if (!proof) return 'has no proof';
    const { hashes, ...shown } = proof;
    const leaf = leafOfShown(event, shown);
    if (!leaf) return 'is not an event with a proof';
    if (leaf.personal === 'other' || leaf.personal === 'unproven') {
      return 'has a personal part that differs from the sealed one';
    }
    const decoded = decodeHashes(hashes);
    if (!decoded) return 'has an invalid proof';
    const { leafHash } = leaf;
    const isProven = verifyInclusion({ index, size: head.size, leafHash, hashes: decoded }, head.rootHash);
    return isProven
      ? undefined
      : 'differs from the event that was sealed at its index: its proof does not lead to the root of the checkpoint';
  } catch (error) {
    // A RangeError means that the JSON is nested too deeply.
    if ([AuditError, SyntaxError, TypeError, RangeError].some((expected) => error instanceof expected)) {
      return 'is not an event with a proof';
    }
    throw error;
  }
}

/** Matches a JSON string. If the string is the name of a member, captures the colon that follows the string. */
const TEXT = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/gs;

/** A repeated member is refused, because JSON parsers differ in which of the two members they use. */
function hasRepeatedMember(json: string, value: unknown): boolean {
  let names = 0;
  for (const [, colon] of json.matchAll(TEXT)) if (colon !== undefined) names += 1;
  return names !== countMembers(value);
}

/** Counts without recursion, because deep nesting could overflow the stack. */
function countMembers(whole: unknown): number {
  let members = 0;
  const pending = [whole];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    const within: readonly unknown[] = Object.values(value);
    if (!Array.isArray(value)) members += within.length;
    for (const one of within) pending.push(one);
  }
  return members;
}
