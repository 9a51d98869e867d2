import type { AuditActorInput } from '../event/audit-input.js';

interface UserLike {
  readonly id?: string | number;
  readonly sub?: string | number;
  readonly userId?: string | number;
  /** MongoDB's id. */
  readonly _id?: string | number;
  readonly name?: string;
  readonly sessionId?: string;
  readonly tenantId?: string;
}

function getRequestUser(request: unknown): UserLike | undefined {
  const user = (request as { readonly user?: UserLike | null }).user; // where guards and passport put the user
  return typeof user === 'object' && user !== null ? user : undefined;
}

/** Returns the actor in `request.user`, where guards and passport set it. */
export function resolveUserActor(request: unknown): AuditActorInput | undefined {
  const user = getRequestUser(request);
  if (!user) return undefined;
  const id = user.id ?? user.sub ?? user.userId ?? user._id;
  return { type: 'user', id, name: user.name, sessionId: user.sessionId };
}

export function resolveUserTenant(request: unknown): string | undefined {
  return getRequestUser(request)?.tenantId;
}
