import { ACTIONS, KINDS } from '../../../src/monitoring/read/query/action-words/action-words.js';
import type { SummaryWords } from '../summaries/words.js';

export const WORDS: SummaryWords = {
  actions: ACTIONS,
  kinds: KINDS,
  withArticle: (noun) => `${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`,
  tried: 'tried to ',
  anonymous: 'Somebody unknown',
  system: 'The system',
  actorTypes: { user: 'User', admin: 'Administrator', service: 'Service', system: 'System', anonymous: 'Anonymous' },
  onBehalfOf: 'for',
  outcomes: { attempted: 'attempted', success: 'success', failure: 'failed', denied: 'denied', partial: 'partial' },
  self: 'their own account',
  of: ' of ',
  and: ' and ',
  more: ' more',
  terms: {
    capture: 'row changes',
    certificates: 'certificates of erasure',
    holds: 'legal holds',
    outbox: 'captured changes',
    publishing: 'published checkpoints',
    replica: 'replica for reading',
  },
};
