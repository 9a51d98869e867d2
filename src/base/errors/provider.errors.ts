import { declareErrors } from './declare-errors.js';

/** The error of a provider that refuses events, such as the ledger. */
export const providerErrors = declareErrors({
  AUDIT_EVENTS_UNSTORABLE: {
    kind: 'invalid',
    when: 'a provider, such as the ledger, refuses values of events; retries do not help',
    do: 'list the dead letters: `nestjs-audit-ledger spill list`',
    message: (store: string, seen: string) => ({
      fault: 'events',
      message: `Cannot store events in ${store}: ${seen}. Look at the dead letters: the values of these events do not fit the store.`,
    }),
  },
});
