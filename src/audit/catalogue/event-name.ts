import { OUTCOMES, type AuditOutcome } from '../../base/event/outcomes.js';

const MAX_NAME = 128;

export const EVENT_NAME_PATTERN = /^[a-z][a-z0-9_.:-]{0,127}$/;

const UNKNOWN_ACTION = 'unknown_action';

/**
 * Converts a name in another library's form into an event name: `USER_LOGIN` into `user_login`, `DELETE /users/5` into `delete_users_5`.
 * Returns a valid event name unchanged, and also a value that is not a string.
 */
export function foldEventName(input: string): string {
  if (typeof input !== 'string' || EVENT_NAME_PATTERN.test(input)) return input;
  const words = input.normalize('NFKD').replace(/\p{M}+/gu, '');
  const name = words
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9_.:-]+/g, '_')
    .replace(/^[_.:-]+|(?<!_)_+$/g, '');
  if (name === '') return UNKNOWN_ACTION;
  return (/^[a-z]/.test(name) ? name : `action_${name}`).slice(0, MAX_NAME);
}

const OUTCOME_SUFFIXES: Readonly<Record<AuditOutcome, readonly [string, ...string[]]>> = {
  attempted: ['attempted'],
  success: ['succeeded', 'success'],
  failure: ['failed', 'failure'],
  denied: ['denied'],
  partial: ['partial'],
};
const SUFFIXED_NAME = /^(.+)[_.:-]([a-z]+)$/;

/** Makes the name of an action's event type for an outcome that the catalogue does not list: `<action>_failed`. */
export function derivedTypeName(action: string, outcome: AuditOutcome): string {
  return `${action}_${OUTCOME_SUFFIXES[outcome][0]}`;
}

/** Splits a name like `invoice.export.failed` into its action and its outcome; `undefined` if the name does not end in an outcome. */
export function splitTypeName(name: string): { action: string; outcome: AuditOutcome } | undefined {
  const [, action, ending = ''] = SUFFIXED_NAME.exec(name) ?? [];
  const outcome = OUTCOMES.find((each) => OUTCOME_SUFFIXES[each].includes(ending));
  return action !== undefined && outcome !== undefined ? { action, outcome } : undefined;
}
