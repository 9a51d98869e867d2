import { OUTCOMES, type AuditOutcome } from '../event/outcomes.js';

const MAX_NAME = 128;

/** The form of a custom event name. */
export const EVENT_NAME_PATTERN = /^[a-z][a-z0-9_.:-]{0,127}$/;

/** The name that is recorded if a given name contains no letter. */
const UNKNOWN_ACTION = 'unknown_action';

/**
 * Makes an event name of a name in another library's form: `USER_LOGIN` becomes `user_login`, `DELETE /users/5` becomes `delete_users_5`. A
 * valid event name stays as it is, and so does a value that is not a text.
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

/** The endings by which unlisted names state their outcome. The library writes the first of each outcome. */
const ENDINGS: Readonly<Record<AuditOutcome, readonly [string, ...string[]]>> = {
  attempted: ['attempted'],
  success: ['succeeded', 'success'],
  failure: ['failed', 'failure'],
  denied: ['denied'],
  partial: ['partial'],
};
const ENDED = /^(.+)[_.:-]([a-z]+)$/;

/** Returns the event type for an action without a listed one: `<action>_failed` and so on. */
export function derivedTypeName(action: string, outcome: AuditOutcome): string {
  return `${action}_${ENDINGS[outcome][0]}`;
}

/**
 * Splits `<action>_<outcome>`, also with another separator: `invoice.export.failed`; `undefined` if the name does not end in an outcome.
 */
export function splitTypeName(name: string): { action: string; outcome: AuditOutcome } | undefined {
  const [, action, ending = ''] = ENDED.exec(name) ?? [];
  const outcome = OUTCOMES.find((each) => ENDINGS[each].includes(ending));
  return action !== undefined && outcome !== undefined ? { action, outcome } : undefined;
}
