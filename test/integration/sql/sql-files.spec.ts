import { describe, expect, it } from '@jest/globals';
import { BASELINE } from '../../../migrations/1763600000400-audit-baseline.js';
import { ROW_CHANGES } from '../../../migrations/1763600000410-audit-row-changes.js';
import { JETSTREAM } from '../../../migrations/1763600000440-audit-jetstream.js';
import { LEDGER_ROLES } from '../../../migrations/audit-ownership.js';
import { SQL as JETSTREAM_SQL } from '../../../src/extensions/jetstream/sql/sql.generated.js';
import { SQL as ROW_CHANGES_SQL } from '../../../src/extensions/row-changes/sql/sql.generated.js';
import { LEDGER_SQL as SQL } from '../../../src/monitoring/store/sql/ledger-sql.js';

type Files = Readonly<Record<string, string>>;

/** A name, a folder, the inlined files, and the statements that the migration runs. */
const PARTS: readonly (readonly [string, string, Files, readonly string[]])[] = [
  ['the ledger', 'monitoring/store/sql', SQL, BASELINE],
  ['row changes', 'row-changes/sql', ROW_CHANGES_SQL, ROW_CHANGES],
  ['JetStream', 'jetstream/sql', JETSTREAM_SQL, JETSTREAM],
];

it.each(LEDGER_ROLES)('the SQL files of the ledger state the rights of %s in a file of its own', (role) => {
  expect(SQL[`grants/${role}`]).toContain(` TO ${role};`);
});

const tables = PARTS.flatMap(([, , sql, migrated]) =>
  migrated.flatMap((file) => (file.startsWith('tables/') ? [{ table: file.slice('tables/'.length), sql }] : [])),
);

describe.each(tables)('the table $table, as CONTRIBUTING.md says', ({ table, sql }) => {
  const named = new RegExp(`\\b${table}\\b`);
  const rights = Object.entries(sql).flatMap(([file, text]) => (file.startsWith('grants/') ? [text] : []));

  it('has stated rights: none of PUBLIC, some of a role', () => {
    expect(/REVOKE ALL ON (?!FUNCTION)([^;]*) FROM PUBLIC;/.exec(rights.join('\n'))?.[1]).toMatch(named);
    const granted = rights.join('\n').match(/GRANT [^;]* TO audit_\w+;/g) ?? [];
    expect(granted.join('\n')).toMatch(named);
  });

  it('may not be changed by its owner if a trigger makes it append-only', () => {
    const [, kept = ''] = /REVOKE UPDATE, DELETE[^;]*\bON ([^;]*) FROM CURRENT_USER;/.exec(SQL['grants/owner']) ?? [];
    expect(named.test(kept)).toBe(`triggers/${table}_append_only` in sql);
  });
});
