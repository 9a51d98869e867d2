import { isUUID } from 'class-validator';
import type { AuditEvent } from '../../../audit/index.js';

/**
 * The id of the account that an event concerns: the user it was done to, else the user who did it. `undefined` when the
 * event names neither by a UUID, as ours are.
 */
export function concernedAccount({ resource, actor }: Pick<AuditEvent, 'resource' | 'actor'>): string | undefined {
  const doneTo = resource?.type === 'user' ? resource.id : undefined;
  const doneBy = actor.type === 'user' || actor.type === 'admin' ? actor.id : undefined;
  return [doneTo, doneBy].find((id) => isUUID(id));
}
