import type { AuditActorInput } from '../event/audit-input.js';

/** An account in one of the forms that guards give it. */
interface UserLike {
  readonly id?: string | number;
  readonly sub?: string | number;
  readonly userId?: string | number;
  /** MongoDB's id, which has a text form. */
  readonly _id?: string | number;
  readonly name?: string;
  readonly sessionId?: string;
  readonly tenantId?: string;
}

function userOf(request: unknown): UserLike | undefined {
  const user = (request as { readonly user?: UserLike | null }).user; // where guards and passport put the user
  return typeof user === 'object' && user !== null ? user : undefined;
}

/** Returns the actor that guards and passport left in `request.user`. */
export function actorOfUser(request: unknown): AuditActorInput | undefined {
  const user = userOf(request);
  if (!user) return undefined;
  const id = user.id ?? user.sub ?? user.userId ?? user._id;
  return { type: 'user', id, name: user.name, sessionId: user.sessionId };
}

/** Returns the tenant of `request.user`. */
export function tenantOfUser(request: unknown): string | undefined {
  return userOf(request)?.tenantId;
}
