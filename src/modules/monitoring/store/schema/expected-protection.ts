import { AUDIT_ROOMS, roomOf, sqlWith, type AuditRoom } from '../../../../../migrations/audit-migrations.js';
import { PROTECTION } from './protection.generated.js';
import type { Protection, ProtectedTable } from './read-protection.js';

/** What a definition of {@link PROTECTION} says in place of a function's body, which stands in its file. @public for the generator */
export const BODY_MARK = '{body}';

/** What each month is to be like: the name of it in {@link EXPECTED}. */
export const ANY_MONTH = 'month';

const ALL = Object.values(sqlWith(AUDIT_ROOMS)).join('\n');

/** What protects a ledger with every room, as its migrations make it. */
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

/** What protects a ledger with these rooms. */
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

/** Of the file with the function, as the server stores it. @public for the generator */
export function bodyOf(signature: string): string {
  const name = signature.slice(0, signature.indexOf('('));
  const [, body = ''] = new RegExp(`CREATE FUNCTION ${name}\\([\\s\\S]*? AS \\$\\$([\\s\\S]*?)\\$\\$`).exec(ALL) ?? [];
  return body;
}
