import { inspect } from 'node:util';
import type { AuditEvent } from '../event/audit-event.js';
import type { Difference } from './find-differences.js';

/** Describes an event in one line of a failed test's message: type, outcome, actor, resource, reason. */
export function describeEvent({ type, outcome, actor, resource, reason }: AuditEvent): string {
  const name = actor.name === undefined ? '' : ` (${actor.name})`;
  const parts = [type, outcome, `by ${actor.type}${actor.id === undefined ? '' : ` ${actor.id}`}${name}`];
  if (resource) parts.push(`on ${resource.type}${resource.id === undefined ? '' : ` ${resource.id}`}`);
  if (reason !== undefined) parts.push(`reason ${reason}`);
  return parts.join(' · ');
}

/** Describes a difference in one line. */
export function describeDifference({ path, expected, actual }: Difference): string {
  return `${path}: expected ${show(expected)}, was ${actual === undefined ? 'absent' : show(actual)}`;
}

/** Returns a value in one line, cut if it is long. */
export function show(value: unknown): string {
  if (value === undefined) return 'absent';
  return inspect(value, { depth: 6, breakLength: Infinity, maxArrayLength: 20, maxStringLength: 200, compact: true });
}
