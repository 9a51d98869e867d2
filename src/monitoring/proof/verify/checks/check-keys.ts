import { ACT_EVENTS } from '../../../keep/acts/act-types.js';
import { describeLostKeys } from '../../../keep/acts/key-acts.js';
import type { Check } from '../check.js';

const STORED =
  'The keys come from the database: somebody who can rewrite the database can replace them. Give --key from a source that you trust.';

/** Warns of keys that the caller did not give, and of lost keys. */
export const checkKeys: Check = async ({ log: { source, trust, followed, areKeysStored } }) => {
  const which = `An act of key change leads from the given keys to ${followed.join(', ')}. The signatures of these keys are accepted, too.`;
  const lost = describeLostKeys(await source.actNotes(ACT_EVENTS.key_loss.type), trust);
  return { warnings: [...(areKeysStored ? [STORED] : []), ...(followed.length > 0 ? [which] : []), ...lost] };
};
