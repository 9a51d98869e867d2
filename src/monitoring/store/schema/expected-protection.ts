import { AUDIT_ROOMS, roomOf, sqlWith, type AuditRoom } from '../../../../migrations/audit-migrations.js';
import { PROTECTION } from './protection.generated.js';
import type { Named, Protection } from './read-protection.js';

/** The placeholder for the body in a function's definition. The body is in a separate SQL file. @public for the generator */
export const BODY_MARK = '{body}';

/** The key in {@link EXPECTED} for the partitions of all months. */
export const ANY_MONTH = 'month';

const ALL = Object.values(sqlWith(AUDIT_ROOMS)).join('\n');

/** The protection of a ledger with every room, as the migrations create it. */
export const EXPECTED: Protection = {
  ...PROTECTION,
  functions: Object.fromEntries(
    Object.entries(PROTECTION.functions).map(([signature, each]) => [
      signature,
      { ...each, definition: each.definition.replace(BODY_MARK, () => bodyOf(signature)) },
    ]),
  ),
  roles: {},
};

export function expectedWith(rooms: readonly AuditRoom[]): Protection {
  const expected = <Value>(objects: Named<Value>): Named<Value> =>
    Object.fromEntries(
      Object.entries(objects).filter(([name]) => {
        const room = roomOf(name.split('(')[0] ?? '');
        return room === undefined || rooms.includes(room);
      }),
    );
  return { ...EXPECTED, tables: expected(EXPECTED.tables), functions: expected(EXPECTED.functions) };
}

/** Returns the body of a function from its file, as the server stores it. @public for the generator */
export function bodyOf(signature: string): string {
  const name = signature.slice(0, signature.indexOf('('));
  const [, body = ''] = new RegExp(`CREATE FUNCTION ${name}\\([\\s\\S]*? AS \\$\\$([\\s\\S]*?)\\$\\$`).exec(ALL) ?? [];
  return body;
}
