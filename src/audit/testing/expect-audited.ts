import { inspect } from 'node:util';
import type { INestApplicationContext } from '@nestjs/common';
import { Catalogue } from '../catalogue/catalogue.js';
import type { AuditEventName } from '../catalogue/define-audit-events.js';
import type { AuditEvent } from '../event/audit-event.js';
import { isOneOf, OUTCOMES } from '../../base/event/outcomes.js';
import { InMemoryAuditProvider } from './in-memory-audit.provider.js';
import { testingErrors } from './testing.errors.js';

/** The source of a test's events: an InMemoryAuditProvider, or an application or testing module with such a provider. */
export type AuditEventSource = InMemoryAuditProvider | INestApplicationContext;

/**
 * The fields of an event that a test checks. In an expected object, only the given fields are compared, at any depth. A list must have the
 * same length as the event's list. A regular expression matches a text. `undefined` means that the field is missing. `expect.any(String)`
 * and similar matchers work.
 */
export type AuditEventMatch = { readonly [Field in keyof AuditEvent]?: unknown };

const MAX_LISTED_EVENTS = 20;

interface Candidate {
  readonly event: AuditEvent;
  /** Whether the event has the expected action. */
  readonly isRelated: boolean;
  /** Whether the event has the expected event type. */
  readonly isNamed: boolean;
  readonly differences: readonly Difference[];
}

/**
 * Expects an event. Checks the events once, without waiting. Call this function after the response, or after `await record()`.
 *
 * @param name an event type, an alias, or an action with `match.outcome` (default: success). A pattern as the outcome, for example `/./`,
 *   matches the action with several outcomes.
 * @returns the first matching event
 * @throws `AUDIT_EVENT_NAME_INVALID` for an invalid name
 * @throws `AUDIT_EXPECTATION_FAILED` with the recorded events, the most similar event first
 * @throws `AUDIT_TESTING_PROVIDER_MISSING`
 */
export function expectAudited(
  source: AuditEventSource,
  name: AuditEventName,
  match: AuditEventMatch = {},
): Readonly<AuditEvent> {
  const candidates = rankCandidates(source, name, match);
  const found = candidates.find(isExpected);
  if (found) return found.event;
  throw testingErrors.AUDIT_EXPECTATION_FAILED.notRecorded(
    describeExpectation(name, match),
    candidates.length,
    describeCandidates(candidates),
  );
}

/**
 * Expects that no event with this name matches. The arguments are those of {@link expectAudited}.
 *
 * @throws `AUDIT_EXPECTATION_FAILED` with the matching events
 * @throws `AUDIT_TESTING_PROVIDER_MISSING`
 */
export function expectNotAudited(source: AuditEventSource, name: AuditEventName, match: AuditEventMatch = {}): void {
  const found = rankCandidates(source, name, match).filter(isExpected);
  if (found.length === 0) return;
  throw testingErrors.AUDIT_EXPECTATION_FAILED.recorded(
    describeExpectation(name, match),
    found.length,
    found.map(({ event }) => `  - ${describeEvent(event)}`),
  );
}

function rankCandidates(source: AuditEventSource, name: string, match: AuditEventMatch): readonly Candidate[] {
  const { events, catalogue } = getRecordedEvents(source);
  const outcome = isOneOf(OUTCOMES, match.outcome) ? match.outcome : undefined;
  const expected = catalogue.resolve(name, outcome);
  const isOfAnyOutcome = match.outcome !== undefined && outcome === undefined;
  return events.map((event) => {
    const isRelated = event.action === expected.action;
    return {
      event,
      isRelated,
      isNamed: isOfAnyOutcome ? isRelated : event.type === expected.type,
      differences: findDifferences(event, match),
    };
  });
}

function getRecordedEvents(source: AuditEventSource): {
  readonly events: readonly AuditEvent[];
  readonly catalogue: Catalogue;
} {
  if (source instanceof InMemoryAuditProvider) return { events: source.events, catalogue: new Catalogue() };
  try {
    const { events } = source.get(InMemoryAuditProvider, { strict: false });
    return { events, catalogue: source.get(Catalogue, { strict: false }) };
  } catch (error) {
    throw testingErrors.AUDIT_TESTING_PROVIDER_MISSING(error);
  }
}

function isExpected({ isNamed, differences }: Candidate): boolean {
  return isNamed && differences.length === 0;
}

function describeExpectation(name: string, match: AuditEventMatch): string {
  return Object.keys(match).length === 0 ? name : `${name} with ${show(match)}`;
}

function describeCandidates(candidates: readonly Candidate[]): readonly string[] {
  const closest = candidates.toSorted(
    (a, b) =>
      Number(b.isNamed) - Number(a.isNamed) ||
      Number(b.isRelated) - Number(a.isRelated) ||
      a.differences.length - b.differences.length,
  );
  const lines = closest
    .slice(0, MAX_LISTED_EVENTS)
    .map(({ event, isRelated, differences }) =>
      [
        `  - ${describeEvent(event)}`,
        ...(isRelated ? differences.map((difference) => `      ${describeDifference(difference)}`) : []),
      ].join('\n'),
    );
  const more = candidates.length - lines.length;
  return more > 0 ? [...lines, `  … and ${more} more`] : lines;
}

function describeEvent({ type, outcome, actor, resource, reason }: AuditEvent): string {
  const name = actor.name === undefined ? '' : ` (${actor.name})`;
  const parts = [type, outcome, `by ${actor.type}${actor.id === undefined ? '' : ` ${actor.id}`}${name}`];
  if (resource) parts.push(`on ${resource.type}${resource.id === undefined ? '' : ` ${resource.id}`}`);
  if (reason !== undefined) parts.push(`reason ${reason}`);
  return parts.join(' · ');
}

function describeDifference({ path, expected, actual }: Difference): string {
  return `${path}: expected ${show(expected)}, was ${actual === undefined ? 'absent' : show(actual)}`;
}

function show(value: unknown): string {
  if (value === undefined) return 'absent';
  return inspect(value, { depth: 6, breakLength: Infinity, maxArrayLength: 20, maxStringLength: 200, compact: true });
}

/** A recorded value that differs from the expected value. */
export interface Difference {
  /** The path in JavaScript's notation: `details.items[0].sku`. */
  readonly path: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

interface AsymmetricMatcher {
  asymmetricMatch(value: unknown): boolean;
}

function findDifferences(actual: unknown, expected: unknown, path = ''): readonly Difference[] {
  if (matchesLeaf(actual, expected)) return [];
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length) {
    return expected.flatMap((item, index) => findDifferences(actual[index], item, `${path}[${index}]`));
  }
  if (isPlainObject(expected) && isPlainObject(actual)) {
    return Object.entries(expected).flatMap(([name, value]) =>
      findDifferences(
        Object.hasOwn(actual, name) ? actual[name] : undefined,
        value,
        path === '' ? name : `${path}.${name}`,
      ),
    );
  }
  return [{ path, expected, actual }];
}

function matchesLeaf(actual: unknown, expected: unknown): boolean {
  if (isAsymmetricMatcher(expected)) return expected.asymmetricMatch(actual);
  if (expected instanceof RegExp) return typeof actual === 'string' && actual.search(expected) >= 0;
  return Object.is(actual, expected);
}

function isAsymmetricMatcher(value: unknown): value is AsymmetricMatcher {
  return typeof (value as Partial<AsymmetricMatcher> | null | undefined)?.asymmetricMatch === 'function';
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RegExp);
}
