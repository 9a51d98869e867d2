import type { AuditInput } from './audit-input.js';
import { isText, CALL_FIELDS } from './call-context.js';
import { camelCase } from '../../base/event/request-fields.js';
import { INPUT_FIELDS } from './input-fields.js';
import { byWord, foldOutcome } from '../../base/event/outcomes.js';
import { REQUEST_ROWS } from '../../base/event/request-fields.js';

type InputField = keyof AuditInput;

export type CallField = keyof typeof CALL_FIELDS | 'username' | 'beforeState' | 'afterState';

const INPUT_FIELD_NAMES = byWord<InputField>([
  ...INPUT_FIELDS.map((name) => [name, ''] as const),
  ['outcome', 'actionResult result status success'],
  ['severity', 'level'],
  ['details', 'eventData data'],
  ['error', 'errorMessage'],
  ['actor', 'adminUserId'],
]);

const CALL_FIELD_NAMES = byWord<CallField>([
  ['userId', 'actorId'],
  ['username', 'userName actorName'],
  ['sessionId', ''],
  ...REQUEST_ROWS.flatMap(({ call, also = '' }) => (call ? [[call, also] as const] : [])),
  ['companyId', 'tenant'],
  ['resourceType', 'targetType entityType'],
  ['resourceId', 'targetId entityId'],
  ['resourceName', 'targetName entityName'],
  ['beforeState', 'before'],
  ['afterState', 'after'],
]);

const HOLDERS: Readonly<Partial<Record<CallField, InputField>>> = {
  userId: 'actor',
  username: 'actor',
  sessionId: 'actor',
  companyId: 'tenantId',
  resourceType: 'resource',
  resourceId: 'resource',
  resourceName: 'resource',
  beforeState: 'changes',
  afterState: 'changes',
};

const AMBIGUOUS: ReadonlySet<string> = new Set(['result', 'status', 'success']);

/** Returns the input field for a name in camelCase or snake_case, and the field's value; `undefined` for any other name. */
export function inputFieldFor(name: string, given: unknown): readonly [InputField, unknown] | undefined {
  const words = camelCase(name);
  const field = INPUT_FIELD_NAMES.get(words);
  if (field === undefined) return undefined;
  if (words === 'errorMessage') return isText(given) ? [field, { name: 'Error', message: given }] : undefined;
  if (words === 'adminUserId') return [field, { type: 'admin', id: given }];
  const value = words === 'success' && typeof given === 'boolean' ? (given ? 'success' : 'failure') : given;
  return AMBIGUOUS.has(words) && foldOutcome(value) === undefined ? undefined : [field, value];
}

/**
 * Returns the call field for a name, and the input field that contains it: `actor` for `userId`. The name is in camelCase or snake_case.
 * Returns `undefined` if the name is unknown or the value does not fit.
 */
export function callFieldFor(name: string, value: unknown): readonly [CallField, InputField | undefined] | undefined {
  const field = CALL_FIELD_NAMES.get(camelCase(name));
  if (field === undefined) return undefined;
  const test = field in CALL_FIELDS ? CALL_FIELDS[field as keyof typeof CALL_FIELDS] : undefined; // tested before
  return test && !test(value) ? undefined : [field, HOLDERS[field]];
}

/** Whether a field states how an action ended. */
export function isOfEnd(name: string, value: unknown): boolean {
  const [field] = inputFieldFor(name, value) ?? [];
  return field === 'outcome' || field === 'error' || isOfFailure(name);
}

/** Whether a field with this name always means a failure. */
export function isOfFailure(name: string): boolean {
  return camelCase(name) === 'errorMessage';
}
