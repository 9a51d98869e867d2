import { AUDIT_ROOMS, roomOf, sqlWith, type AuditRoom } from '../../../../../migrations/audit-migrations.js';
import { PROTECTION } from './protection.generated.js';
import type { Protection, ProtectedTable } from './read-protection.js';

/** Stands in a definition of {@link PROTECTION} for a function's body, which is in its file. @public for the generator */
export const BODY_MARK = '{body}';

/** The name in {@link EXPECTED} that stands for every month. */
export const ANY_MONTH = 'month';

const ALL = Object.values(sqlWith(AUDIT_ROOMS)).join('\n');

/** The protection of a ledger with every room, as its migrations make it. */
export const EXPECTED: Protection = {
  tables: new Map(
    Object.entries(PROTECTION.tables).map(([name, table]): [string, ProtectedTable] => [
      name,
      {
        ...table,
        policies: new Map(Object.entries(table.policies)),
        triggers: new Map(Object.entries(table.triggers)),
        columns: new Map(Object.entries(table.columns)),
        constraints: new Map(Object.entries(table.constraints)),
        indexes: new Map(Object.entries(table.indexes)),
      },
    ]),
  ),
  functions: new Map(
    Object.entries(PROTECTION.functions).map(([signature, { owner, definition, grants }]) => [
      signature,
      { owner, definition: definition.replace(BODY_MARK, () => bodyOf(signature)), grants },
    ]),
  ),
  schemaGrants: PROTECTION.schemaGrants,
  roles: new Map(),
};

/** The protection of a ledger with these rooms. */
export function expectedWith(rooms: readonly AuditRoom[]): Protection {
  const isExpected = ([name]: readonly [string, unknown]): boolean => {
    const room = roomOf(name.split('(')[0] ?? '');
    return room === undefined || rooms.includes(room);
  };
  return {
    ...EXPECTED,
    tables: new Map([...EXPECTED.tables].filter(isExpected)),
    functions: new Map([...EXPECTED.functions].filter(isExpected)),
  };
}

/** The body of a function from its file, as the server stores it. @public for the generator */
export function bodyOf(signature: string): string {
  const name = signature.slice(0, signature.indexOf('('));
  const [, body = ''] = new RegExp(`CREATE FUNCTION ${name}\\([\\s\\S]*? AS \\$\\$([\\s\\S]*?)\\$\\$`).exec(ALL) ?? [];
  return body;
}
