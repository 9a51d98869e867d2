import type { AuditPrincipal } from '../../../audit/plain.js';
import type { ArchiveLine } from './archive-line.js';

/**
 * The ids of the persons and the resource that an archived event is by, for and about; an id is among its facts, or in its personal part.
 */
export interface IdsOfLine {
  readonly actorId: string | undefined;
  readonly onBehalfOfId: string | undefined;
  readonly resourceType: string | undefined;
  readonly resourceId: string | undefined;
}

/** The ids of an archived event. If its personal part was erased, only those that are facts. */
export function idsOfLine({ sealed: { actor, resource }, personal }: ArchiveLine): IdsOfLine {
  const own = (pointer: string): unknown => personal?.[pointer];
  const principal = own('/actor/onBehalfOf') as AuditPrincipal | undefined; // as the event had it
  return {
    actorId: actor.id ?? textOf(own('/actor/id')),
    onBehalfOfId: actor.onBehalfOf?.id ?? principal?.id,
    resourceType: resource?.type,
    resourceId: resource?.id ?? textOf(own('/resource/id')),
  };
}

/** Whether the event is by the person, on behalf of the person, or done to the person, as in `audit_events_of`. */
export function isLineOf(line: ArchiveLine, subjectId: string): boolean {
  const { actorId, onBehalfOfId, resourceType, resourceId } = idsOfLine(line);
  if (actorId === subjectId || onBehalfOfId === subjectId) return true;
  return resourceType === 'user' && resourceId === subjectId && line.sealed.type !== 'audit_subject_erased';
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
