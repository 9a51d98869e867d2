import type { AuditInput } from './audit-input.js';
import { isText, CALL_FIELDS } from './call-context.js';
import { toCamelCase } from '../../base/event/request-fields.js';
import { INPUT_FIELDS } from './input-fields.js';
import { buildWordIndex, foldOutcome } from '../../base/event/outcomes.js';
import { REQUEST_ROWS } from '../../base/event/request-fields.js';

type InputField = keyof AuditInput;

export type CallField = keyof typeof CALL_FIELDS | 'username' | 'beforeState' | 'afterState';

const INPUT_FIELD_NAMES = buildWordIndex<InputField>([
  ...INPUT_FIELDS.map((name) => [name, ''] as const),
  ['outcome', 'actionResult result status success'],
  ['severity', 'level'],
  ['details', 'eventData data'],
  ['error', 'errorMessage'],
  ['actor', 'adminUserId'],
]);

const CALL_FIELD_NAMES = buildWordIndex<CallField>([
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

const FIELD_OWNERS: Readonly<Partial<Record<CallField, InputField>>> = {
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

const AMBIGUOUS_FIELDS: ReadonlySet<string> = new Set(['result', 'status', 'success']);

/** Returns the input field for a name in camelCase or snake_case, and the field's value; `undefined` for any other name. */
export function resolveInputField(name: string, input: unknown): readonly [InputField, unknown] | undefined {
  const words = toCamelCase(name);
  const field = INPUT_FIELD_NAMES.get(words);
  if (field === undefined) return undefined;
  if (words === 'errorMessage') return isText(input) ? [field, { name: 'Error', message: input }] : undefined;
  if (words === 'adminUserId') return [field, { type: 'admin', id: input }];
  const value = words === 'success' && typeof input === 'boolean' ? (input ? 'success' : 'failure') : input;
  return AMBIGUOUS_FIELDS.has(words) && foldOutcome(value) === undefined ? undefined : [field, value];
}

/**
 * Returns the call field for a name, and the input field that contains it: `actor` for `userId`. The name is in camelCase or snake_case.
 * Returns `undefined` if the name is unknown or the value does not fit.
 */
export function resolveCallField(
  name: string,
  value: unknown,
): readonly [CallField, InputField | undefined] | undefined {
  const field = CALL_FIELD_NAMES.get(toCamelCase(name));
  if (field === undefined) return undefined;
  const test = field in CALL_FIELDS ? CALL_FIELDS[field as keyof typeof CALL_FIELDS] : undefined; // tested before
  return test && !test(value) ? undefined : [field, FIELD_OWNERS[field]];
}

/** Whether a field states how an action ended. */
export function isOutcomeField(name: string, value: unknown): boolean {
  const [field] = resolveInputField(name, value) ?? [];
  return field === 'outcome' || field === 'error' || isFailureField(name);
}

/** Whether a field with this name always means a failure. */
export function isFailureField(name: string): boolean {
  return toCamelCase(name) === 'errorMessage';
}
