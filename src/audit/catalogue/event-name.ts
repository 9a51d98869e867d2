import { OUTCOMES, type AuditOutcome } from '../event/outcomes.js';

const MAX_NAME = 128;

/** What a custom event name looks like. */
export const EVENT_NAME_PATTERN = /^[a-z][a-z0-9_.:-]{0,127}$/;

/** What is recorded under a name of which no letter is left. */
const UNKNOWN_ACTION = 'unknown_action';

/**
 * An event name made of a name as other libraries write it: `USER_LOGIN` is `user_login`, `DELETE /users/5` is `delete_users_5`. An event
 * name stays as it is, and so does what is not a text.
 */
export function foldEventName(given: string): string {
  if (typeof given !== 'string' || EVENT_NAME_PATTERN.test(given)) return given;
  const words = given.normalize('NFKD').replace(/\p{M}+/gu, '');
  const name = words
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9_.:-]+/g, '_')
    .replace(/^[_.:-]+|_+$/g, '');
  if (name === '') return UNKNOWN_ACTION;
  return (/^[a-z]/.test(name) ? name : `action_${name}`).slice(0, MAX_NAME);
}

/** How a name that the catalogue does not list says its outcome. The first of each outcome is the one that we write. */
const ENDINGS: Readonly<Record<AuditOutcome, readonly [string, ...string[]]>> = {
  attempted: ['attempted'],
  success: ['succeeded', 'success'],
  failure: ['failed', 'failure'],
  denied: ['denied'],
  partial: ['partial'],
};
const ENDED = /^(.+)[_.:-]([a-z]+)$/;

/** The event type of an action that the catalogue lists under no other name: `<action>_failed` and so on. */
export function derivedTypeName(action: string, outcome: AuditOutcome): string {
  return `${action}_${ENDINGS[outcome][0]}`;
}

/** Reads `<action>_<outcome>` back, also with another separator: `invoice.export.failed`; `undefined` when the name ends in no outcome. */
export function splitTypeName(name: string): { action: string; outcome: AuditOutcome } | undefined {
  const [, action, ending = ''] = ENDED.exec(name) ?? [];
  const outcome = OUTCOMES.find((each) => ENDINGS[each].includes(ending));
  return action !== undefined && outcome !== undefined ? { action, outcome } : undefined;
}
