import {
  REQUEST_ROWS,
  type AuditActorType,
  type AuditRequest,
  type RequestField,
} from '../../../../audit/nest-free.js';

export const USER_TYPE_IDS: Readonly<Record<AuditActorType, number>> = {
  user: 1,
  admin: 2,
  system: 3,
  service: 4,
  anonymous: 0,
};

/**
 * Returns the route if it is a path without parameters, otherwise `undefined`. A pattern such as `/orders/:id` does not contain the path of
 * the request.
 */
export function pathOf(route: string | undefined): string | undefined {
  return route !== undefined && /^\/[^:*{}()?+[\]]*$/.test(route) ? route : undefined;
}

export function given(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const present: Record<string, unknown> = {};
  for (const name in members) if (members[name] !== undefined) present[name] = members[name]; // callers pass object literals, which have no inherited members
  return present;
}

/** Returns the values of a request for which a format has no own place, under the name that `nameOf` makes. */
export function unplaced(
  request: AuditRequest | undefined,
  placed: readonly RequestField[],
  nameOf: (field: (typeof REQUEST_ROWS)[number]) => string = ({ name }) => name,
): Readonly<Record<string, string | number | undefined>> {
  const rows = request ? REQUEST_ROWS.filter(({ name }) => !placed.includes(name)) : [];
  return Object.fromEntries(rows.map((row) => [nameOf(row), request?.[row.name]]));
}
