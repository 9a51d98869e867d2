import { AuditError, parseJson } from '../../../audit/plain.js';
import { ACT_HEADER, verifyAct, type ActStatement } from '../acts/act-note.js';
import { keyLossOf, type StatedKeyLoss } from '../acts/key-acts.js';
import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import { parseVerifierKey } from '../log/notes/note-signer.js';
import { keyLabel, parseNote } from '../log/notes/signed-note.js';

/**
 * Warns of acts that state a loss of keys; only the new keys signed these. If a new key is known, the act is trusted. Otherwise anybody may
 * have made it, and the warning says this: a lost key alone does not lead to another. Never throws.
 *
 * @param notes of acts of the loss of a key
 */
export function describeLostKeys(notes: readonly string[], { origin, keys }: CheckpointTrust): readonly string[] {
  const known = new Set(keys.map(keyLabel));
  return notes.flatMap((note) => {
    const loss = readLoss(note, origin);
    if (!loss) return [];
    const labels = (given: readonly string[]): readonly string[] => given.map((key) => keyLabel(parseVerifierKey(key)));
    const [lost, next] = [labels(loss.lost), labels(loss.keys)];
    const isKnown = next.some((label) => known.has(label));
    if (!isKnown && !lost.some((label) => known.has(label))) return [];
    const said = `the key ${lost.join(', ')} was lost after it signed size ${loss.lastSize}, and ${next.join(', ')} signs since. No act of both keys leads from one to the other.`;
    if (!isKnown) {
      return [
        `An act that only ${next.join(', ')} signed says that ${said} Anybody can write such an act: give ${loss.keys.join(', ')} by --key if you have it from a source that you trust.`,
      ];
    }
    const isWhole = lost.every((label) => known.has(label));
    const rest = isWhole
      ? ` What the lost key alone signed beyond size ${loss.lastSize} proves nothing.`
      : ` Give ${loss.lost.join(', ')} by --key as well: it signed what is before.`;
    return [`An act of the log says that ${said}${rest}`];
  });
}

/** Reads an act of loss that its own keys signed; `undefined` for any other note. */
function readLoss(note: string, origin: string): StatedKeyLoss | undefined {
  try {
    const lines = parseNote(note).text.split('\n');
    if (lines[0] !== ACT_HEADER) return undefined;
    const statement: unknown = parseJson(lines.at(-2) ?? '');
    if (typeof statement !== 'object' || statement === null) return undefined;
    const loss = keyLossOf(statement as ActStatement); // an object, whose keys are checked next
    if (!loss || loss.keys.length === 0 || loss.lost.length === 0) return undefined;
    for (const key of loss.keys) verifyAct(note, { origin, keys: [parseVerifierKey(key)] });
    loss.lost.map(parseVerifierKey);
    return loss;
  } catch (error) {
    if (error instanceof AuditError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
