import type { AuditOutcome } from '../event/outcomes.js';

/** What a custom event name looks like. */
export const EVENT_NAME_PATTERN = /^[a-z][a-z0-9_.:-]{0,127}$/;

/** How a name that the catalogue does not list says its outcome. The first of each outcome is the one that we write. */
const SUFFIXES: Readonly<Record<AuditOutcome, readonly [string, ...string[]]>> = {
  attempted: ['_attempted'],
  success: ['_succeeded', '_success'],
  failure: ['_failed', '_failure'],
  denied: ['_denied'],
  partial: ['_partial'],
};

/** The event type of an action that the catalogue lists under no other name: `<action>_failed` and so on. */
export function derivedTypeName(action: string, outcome: AuditOutcome): string {
  return action + SUFFIXES[outcome][0];
}

/** Reads `<action>_<outcome>` back; `undefined` when the name ends in no outcome. */
export function splitTypeName(name: string): { action: string; outcome: AuditOutcome } | undefined {
  for (const [outcome, suffixes] of Object.entries(SUFFIXES)) {
    for (const suffix of suffixes) {
      if (name.length > suffix.length && name.endsWith(suffix)) {
        // The keys of SUFFIXES are exactly the outcomes.
        return { action: name.slice(0, -suffix.length), outcome: outcome as AuditOutcome };
      }
    }
  }
  return undefined;
}
