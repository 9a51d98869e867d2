import type { AuditInput } from './audit-input.js';
import { isText, PLACES } from './call-context.js';
import { camelCase } from './either-case.js';
import { INPUT_FIELDS } from './input-fields.js';
import { byWord, foldOutcome } from './outcomes.js';

type InputField = keyof AuditInput;

/** A field of a call that `translateCall` puts into its place. */
export type CallField = keyof typeof PLACES | 'username' | 'beforeState' | 'afterState';

/**
 * The names of an input's fields in other libraries' calls, in camelCase. A field that a caller gives under its own name takes precedence.
 */
const INPUT_PLACES = byWord<InputField>([
  ...INPUT_FIELDS.map((name) => [name, ''] as const),
  ['outcome', 'actionResult result status success'],
  ['severity', 'level'],
  ['details', 'eventData data'],
  ['error', 'errorMessage'],
  ['actor', 'adminUserId'],
]);

const CALL_PLACES = byWord<CallField>([
  ['userId', 'actorId'],
  ['username', 'userName actorName'],
  ['sessionId', ''],
  ['ipAddress', 'ip clientIp remoteAddress'],
  ['userAgent', ''],
  ['requestId', ''],
  ['companyId', 'tenant'],
  ['resourceType', 'targetType entityType'],
  ['resourceId', 'targetId entityId'],
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
  beforeState: 'changes',
  afterState: 'changes',
};

/** Names that may also mean something other than an outcome. */
const AMBIGUOUS: ReadonlySet<string> = new Set(['result', 'status', 'success']);

/** Returns the input field that a name stands for, in camelCase or snake_case, and the value for it. */
export function inputPlace(name: string, given: unknown): readonly [InputField, unknown] | undefined {
  const words = camelCase(name);
  const place = INPUT_PLACES.get(words);
  if (place === undefined) return undefined;
  if (words === 'errorMessage') return isText(given) ? [place, { name: 'Error', message: given }] : undefined;
  if (words === 'adminUserId') return [place, { type: 'admin', id: given }];
  const value = words === 'success' && typeof given === 'boolean' ? (given ? 'success' : 'failure') : given;
  return AMBIGUOUS.has(words) && foldOutcome(value) === undefined ? undefined : [place, value];
}

/**
 * Returns the field of a call that a name stands for, in camelCase or snake_case, if the value fits there; and the input field that holds
 * it.
 */
export function callPlace(name: string, value: unknown): readonly [CallField, InputField | undefined] | undefined {
  const place = CALL_PLACES.get(camelCase(name));
  if (place === undefined) return undefined;
  const test = place in PLACES ? PLACES[place as keyof typeof PLACES] : undefined; // tested before
  return test && !test(value) ? undefined : [place, HOLDERS[place]];
}

/** Whether a field states how something ended. */
export function isOfEnd(name: string, value: unknown): boolean {
  const [place] = inputPlace(name, value) ?? [];
  return place === 'outcome' || place === 'error' || isOfFailure(name);
}

/** Whether a name states a failure, whatever its value is. */
export function isOfFailure(name: string): boolean {
  return camelCase(name) === 'errorMessage';
}
