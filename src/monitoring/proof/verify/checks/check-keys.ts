import { unlessRefused } from '../../../errors/unless-refused.js';
import { actText, verifyAct, type ActStatement } from '../../../keep/acts/act-note.js';
import { ACT_EVENTS } from '../../../keep/acts/act-types.js';
import { keyLossOf, type StatedKeyLoss } from '../../../keep/acts/key-acts.js';
import type { CheckpointTrust } from '../../log/notes/checkpoint.js';
import { parseVerifierKey } from '../../log/notes/note-signer.js';
import { keyLabel } from '../../log/notes/signed-note.js';
import type { Check } from '../check.js';

const STORED =
  'The keys come from the database: somebody who can rewrite the database can replace them. Give --key from a source that you trust.';

/** Warns of keys that the caller did not give, and of lost keys. */
export const checkKeys: Check = async ({ log: { source, trust, followed, areKeysStored } }) => {
  const which = `An act of key change leads from the given keys to ${followed.join(', ')}. The signatures of these keys are accepted, too.`;
  const lost = describeLostKeys(await source.actNotes(ACT_EVENTS.key_loss.type), trust);
  return { warnings: [...(areKeysStored ? [STORED] : []), ...(followed.length > 0 ? [which] : []), ...lost] };
};

/**
 * Warns of acts that state a loss of keys. Only the new keys signed these acts. If a new key is known, the act is trusted. Otherwise, the
 * warning says that anybody can write such an act. Never throws.
 *
 * @param notes the notes of acts of key loss
 */
function describeLostKeys(notes: readonly string[], { origin, keys }: CheckpointTrust): readonly string[] {
  const known = new Set(keys.map(keyLabel));
  return notes.flatMap((note) => {
    const loss = readLoss(note, origin);
    if (!loss) return [];
    const labels = (given: readonly string[]): readonly string[] => given.map((key) => keyLabel(parseVerifierKey(key)));
    const [lost, next] = [labels(loss.lost), labels(loss.keys)];
    const isKnown = next.some((label) => known.has(label));
    if (!isKnown && !lost.some((label) => known.has(label))) return [];
    const stated = `the key ${lost.join(', ')} was lost after it signed size ${loss.lastSize}, and that ${next.join(', ')} signs since then. No act of both keys connects them.`;
    if (!isKnown) {
      return [
        `An act that only ${next.join(', ')} signed states that ${stated} Anybody can write such an act. Give ${loss.keys.join(', ')} with --key if you have it from a source that you trust.`,
      ];
    }
    const isWhole = lost.every((label) => known.has(label));
    const advice = isWhole
      ? ` Beyond size ${loss.lastSize}, a signature of only the lost key proves nothing.`
      : ` Give ${loss.lost.join(', ')} with --key as well: it signed the earlier checkpoints.`;
    return [`An act of the log states that ${stated}${advice}`];
  });
}

function readLoss(note: string, origin: string): StatedKeyLoss | undefined {
  const loss = keyLossOf(actText(note) as ActStatement); // the next lines check the statement's fields
  if (!loss || loss.keys.length === 0 || loss.lost.length === 0) return undefined;
  return unlessRefused(() => {
    for (const key of loss.keys) verifyAct(note, { origin, keys: [parseVerifierKey(key)] });
    loss.lost.map(parseVerifierKey);
    return loss;
  });
}
