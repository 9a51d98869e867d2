import { ACT_EVENTS } from '../../../keep/acts/act-note.js';
import { describeLostKeys } from '../../../keep/acts/key-acts.js';
import { formatKeyLabel } from '../../log/notes/signed-note.js';
import type { Check } from '../check.js';
import { readStoredKeys } from '../read-heads.js';

const STORED =
  'The keys come from the database: somebody who can rewrite the database can replace them. Give --key from a source that you trust.';

/** Warns of keys that the caller did not give, of lost keys, and of rows of `audit_signing_key` that were removed or added. */
export const checkKeys: Check = async ({ log: { source, trust, followed, areKeysStored } }) => {
  const which = `An act of key change leads from the given keys to ${followed.join(', ')}. The signatures of these keys are accepted, too.`;
  const losses = await source.actNotes(ACT_EVENTS.key_loss.type);
  const stored = source.tables ? await readStoredKeys(source.tables) : undefined;
  const known = trust.keys.map((key) => `${formatKeyLabel(key)}+`);
  const removed = stored && known.filter((label) => !stored.some((key) => key.startsWith(label)));
  const added = stored?.filter(
    (key) => !known.some((label) => key.startsWith(label)) && !losses.some((note) => note.includes(key)),
  );
  return {
    warnings: [
      ...(areKeysStored ? [STORED] : []),
      ...(followed.length > 0 ? [which] : []),
      ...(removed?.length
        ? [`audit_signing_key lacks key(s) of the log: ${removed.map((label) => label.slice(0, -1)).join(', ')}.`]
        : []),
      ...(added?.length
        ? [`audit_signing_key names key(s) that nothing connects with the log's: ${added.join(', ')}. Do not use them.`]
        : []),
      ...describeLostKeys(losses, trust),
    ],
  };
};
