import { mergeAnnotations } from '../context/audit-scope.js';
import type { AuditInput } from '../event/audit-input.js';
import { normalizeId, normalizeText, TEXT_LIMITS } from '../event/normalize-text.js';
import { foldOutcome, type AuditOutcome } from '../../base/event/outcomes.js';
import { readInput } from '../event/read-input.js';
import { readSafely } from '../../base/read-safely.js';
import { getReason } from './audit-reason.decorator.js';
import type { AuditedOperation } from './audited-operation.js';
import type { AuditedCall, AuditedEntry } from './audited-options.js';
import { explainFailure } from './explain-failure.js';
import { isStatusReason, resolveOperationOutcome, type OperationOutcome } from './operation-outcome.js';

/**
 * Combines the sources of an entry's event at the end of its operation. In each row, the first source with a value wins:
 *
 * | field                     | sources                                                                                      |
 * | ------------------------- | -------------------------------------------------------------------------------------------- |
 * | outcome                   | observed, if it contradicts an annotated success · annotation · observed                     |
 * | reason of a done action   | annotation · stated · exception, if the observed reason only repeats a status · observed · exception |
 * | reason of another outcome | annotation · exception, if the observed reason only repeats a status · observed · exception · stated |
 * | severity                  | annotation · options · observed                                                              |
 * | error                     | exception · thrown value · annotation                                                        |
 * | metadata, by its fields   | observed · annotation · options · exception (`refused`), stated (`givenReason`)              |
 * | details, by its fields    | annotation · options                                                                         |
 * | any other field           | annotation · options                                                                         |
 *
 * - annotation: `AuditContext.annotate()`
 * - options: the options of `@Audited`
 * - stated: the reason in the request, see `@AuditReason`
 * - observed: the phase, the status and the thrown value of the operation
 * - exception: the response in the thrown exception
 *
 * @param options the result of {@link resolveOptionsInput}, which contains the stated reason
 */
export function combineInput(
  operation: AuditedOperation,
  options: AuditInput,
  statusCode: number | undefined,
): { readonly input: AuditInput; readonly outcome: AuditOutcome } {
  const { thrown, scope } = operation;
  const { annotation } = scope;
  const observed = resolveOperationOutcome(operation, statusCode);
  const exception = thrown && explainFailure(thrown.error, operation);
  const stated = options.reason;
  const metadata = buildObservedMetadata(operation);
  const annotated = annotation ? mergeAnnotations(options, annotation) : options;
  const merged = metadata ? mergeAnnotations(annotated, { metadata }) : annotated;
  const translated = annotation && readInput(merged); // an annotation may use the field names of other libraries
  const read = translated?.input ?? merged;
  const isObserved = read.outcome === undefined || isContradicted(operation, observed, statusCode, read.outcome);
  const hasError = isObserved && translated?.hasFailed === true && observed.outcome === 'success';
  const observedOutcome = hasError ? 'failure' : observed.outcome;
  const outcome = foldOutcome(isObserved ? observedOutcome : read.outcome) ?? 'failure';
  const specific = isStatusReason(observed.reason) ? exception?.reason : undefined;
  const cause = specific ?? observed.reason ?? exception?.reason;
  const isDone = outcome === 'success' || outcome === 'partial';
  const reason = annotation?.reason ?? (isDone ? (stated ?? cause) : (cause ?? stated));
  const refused = exception && exception.refused.length > 0 ? exception.refused : undefined;
  const givenReason = stated === reason ? undefined : normalizeText(stated, TEXT_LIMITS.reason);
  const hasMore = refused !== undefined || givenReason !== undefined;
  const input = {
    ...merged,
    ...(hasMore && mergeAnnotations({ metadata: { refused, givenReason } }, merged)),
    outcome: isObserved ? observedOutcome : merged.outcome,
    severity: read.severity === undefined ? observed.severity : merged.severity,
    reason,
    error: exception?.error ?? thrown?.error ?? read.error,
  };
  return { input, outcome };
}

function isContradicted(
  { rolledBack }: AuditedOperation,
  { outcome }: OperationOutcome,
  statusCode = 500,
  annotated: unknown,
): boolean {
  const hasFailed = (outcome === 'failure' || outcome === 'denied') && (rolledBack === true || statusCode >= 400);
  return hasFailed && foldOutcome(annotated) === 'success';
}

function buildObservedMetadata({ isClientDisconnected, isResponseEarly }: AuditedOperation): AuditInput['metadata'] {
  if (!isClientDisconnected && !isResponseEarly) return undefined;
  return {
    ...(isClientDisconnected && { clientDisconnected: true }),
    ...(isResponseEarly && { answeredBeforeEnd: true }),
  };
}

/** Returns the input from an entry's options, with the stated reason; `undefined` if the option `when` excludes the call. */
export function resolveOptionsInput(
  operation: AuditedOperation,
  entry: AuditedEntry,
): AuditInput | undefined | Promise<AuditInput | undefined> {
  const called = callOptions(operation, entry);
  if (!(called?.isWanted instanceof Promise)) return called && awaitFields(called.input);
  const input = awaitFields(called.input);
  return called.isWanted.catch(() => undefined).then((isWanted) => (isWanted === false ? undefined : input));
}

/** Calls the callbacks of an entry's options; `undefined` if the option `when` excludes the call. The values may be promises. */
export function callOptions(operation: AuditedOperation, { options }: AuditedEntry) {
  const { request, args, result, thrown } = operation;
  // The user of the decorator declares the types of the callbacks' parameters.
  const call = { request, args, result, error: thrown?.error } as unknown as AuditedCall;
  // A failure has no result. A callback that reads the result throws, and the event is recorded without the callback's field.
  const isWanted = readSafely(() => options.when?.(call));
  if (isWanted === false) return undefined;
  const { changes } = options;
  const isCaptured = changes === 'captured';
  const returned = {
    actor: readSafely(() => options.actor?.(call)),
    tenantId: getReturnedTenant(readSafely(() => options.tenantId?.(call))),
    resource: readSafely(() => options.resource?.(call)),
    related: readSafely(() => options.related?.(call)),
    details: readSafely(() => options.details?.(call)),
    changes: readSafely(() => (changes === 'captured' ? undefined : changes?.(call))),
  } as Pick<AuditInput, (typeof CALLBACKS)[number]>; // the reader of inputs accepts any value in a field
  const input: AuditInput = {
    ...returned,
    severity: options.severity,
    category: options.category,
    reason: getReason(operation),
    metadata:
      isCaptured || options.includeRequestBody
        ? {
            ...(options.includeRequestBody && { requestBody: readSafely(operation.body) }),
            ...(isCaptured && { changesCaptured: true }),
          }
        : undefined,
  };
  return { isWanted, input };
}

/** For an empty text, the scope's tenant applies. */
function getReturnedTenant(returned: unknown): unknown {
  return typeof returned === 'string' ? normalizeId(returned) : returned;
}

const CALLBACKS = ['actor', 'tenantId', 'resource', 'related', 'details', 'changes'] as const;

/** Replaces the promises in an input by their values; a field whose promise rejects is left out. */
export function awaitFields(input: AuditInput): AuditInput | Promise<AuditInput> {
  const promised = CALLBACKS.filter((name) => (input[name] as unknown) instanceof Promise);
  if (promised.length === 0) return input;
  const kept = promised.map(async (name) => [name, await Promise.resolve(input[name]).catch(() => undefined)] as const);
  return Promise.all(kept).then((fields) => ({ ...input, ...Object.fromEntries(fields) }));
}
