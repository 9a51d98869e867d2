import type { AuditActorType } from '../../../../audit/plain.js';

/** By type of actor. */
export const USER_TYPE_IDS: Readonly<Record<AuditActorType, number>> = {
  user: 1,
  admin: 2,
  system: 3,
  service: 4,
  anonymous: 0,
};

/** The path of a route without parameters. A pattern such as `/orders/:id` is not a path, so the requested path stays unknown. */
export function pathOf(route: string | undefined): string | undefined {
  return route !== undefined && /^\/[^:*{}()?+[\]]*$/.test(route) ? route : undefined;
}

/** The members that have a value. */
export function given(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const present: Record<string, unknown> = {};
  for (const name in members) if (members[name] !== undefined) present[name] = members[name]; // in literals of this folder
  return present;
}
