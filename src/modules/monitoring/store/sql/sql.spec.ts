import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { BASELINE } from '../../../../../migrations/1763600000400-audit-baseline.js';
import { LEDGER_ROLES } from '../../../../../migrations/audit-ownership.js';
import { MARKED_COLUMNS, PERSONAL_COLUMNS } from '../personal-columns.js';
import { SQL, type SqlName } from './sql.generated.js';

const FOLDER = import.meta.dirname;

const files = (readdirSync(FOLDER, { recursive: true }) as string[]) // names, since no option asks for anything else
  .filter((file) => file.endsWith('.sql'))
  .map((file) => file.slice(0, -'.sql'.length));

describe('the SQL files of the ledger', () => {
  it('are inlined as they stand', () => {
    const read = Object.fromEntries(files.map((file) => [file, readFileSync(join(FOLDER, `${file}.sql`), 'utf8')]));
    expect(SQL).toEqual(read);
  });

  it('run once each in the baseline migration, but for the one that removes the ledger', () => {
    expect([...BASELINE, 'setup/drop'].toSorted()).toEqual(files.toSorted());
  });

  it.each(['table', 'function', 'trigger', 'policy'])('create one %s each, by the name of the file', (kind) => {
    const folder = kind === 'policy' ? 'policies/' : `${kind}s/`;
    const names = files.filter((file) => file.startsWith(folder));
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const created = SQL[name as SqlName].matchAll(/^CREATE (TABLE|FUNCTION|TRIGGER|POLICY) (\w+)/gm); // a file that was read
      expect([...created].map(([, what, made]) => `${what} ${made}`)).toEqual([
        `${kind.toUpperCase()} ${name.slice(folder.length)}`,
      ]);
    }
  });

  it.each(LEDGER_ROLES)('state the rights of %s in a file of its own', (role) => {
    expect(SQL[`rights/${role}`]).toContain(` TO ${role};`);
  });

  it.each(MARKED_COLUMNS)('erase, search and tell apart the column $name by its bit', ({ name: column, bit }) => {
    expect(SQL['functions/audit_event_refuse_change']).toContain(
      `IF OLD.personal_columns & ${bit} <> 0 THEN OLD.${column} := NULL; END IF;`,
    );
    expect(SQL['functions/audit_erase']).toContain(
      `${column} = CASE WHEN coalesce(personal_columns, 0) & ${bit} = 0 THEN ${column} END`,
    );
    expect(SQL['functions/audit_events_naming']).toContain(
      `WHEN e.personal_columns & ${bit} <> 0 THEN e.${column} END`,
    );
    expect(SQL['functions/audit_events_naming']).toContain(
      `WHEN coalesce(e.personal_columns, 0) & ${bit} = 0 THEN e.${column} END`,
    );
    expect(SQL['functions/audit_fact_names']).toContain(
      `CASE WHEN e.${column} IS NOT NULL AND coalesce(e.personal_columns, 0) & ${bit} = 0 THEN`,
    );
    expect(SQL['rights/owner']).toMatch(new RegExp(`GRANT UPDATE \\([^)]*\\b${column}\\b[^)]*\\) ON audit_event`));
  });

  it.each(PERSONAL_COLUMNS)('erase the column $name', ({ name }) => {
    expect(SQL['functions/audit_event_refuse_change']).toContain(`OLD.${name} := NULL;`);
    expect(SQL['functions/audit_erase']).toContain(`${name} = NULL`);
    expect(SQL['rights/owner']).toMatch(new RegExp(`GRANT UPDATE \\([^)]*\\b${name}\\b[^)]*\\) ON audit_event`));
  });
});

const tables = files.filter((file) => file.startsWith('tables/')).map((file) => file.slice('tables/'.length));

/** What "A new ledger table" of CONTRIBUTING.md says, line by line. */
describe.each(tables)('the table %s, as CONTRIBUTING.md says', (table) => {
  const named = new RegExp(`\\b${table}\\b`);

  it('is created by the baseline migration, and dropped with it', () => {
    expect(BASELINE).toContain(`tables/${table}`);
    expect(/DROP TABLE ([^;]*);/.exec(SQL['setup/drop'])?.[1]).toMatch(named);
  });

  it('has stated rights: none of PUBLIC, some of a role', () => {
    expect(/REVOKE ALL ON ([^;]*) FROM PUBLIC;/.exec(SQL['rights/owner'])?.[1]).toMatch(named);
    expect(LEDGER_ROLES.map((role) => SQL[`rights/${role}`]).join('\n')).toMatch(named);
  });

  it('may not be changed by its owner if a trigger makes it append-only', () => {
    const isAppendOnly = files.includes(`triggers/${table}_append_only`);
    const [, kept = ''] = /REVOKE UPDATE, DELETE[^;]*\bON ([^;]*) FROM CURRENT_USER;/.exec(SQL['rights/owner']) ?? [];
    expect(named.test(kept)).toBe(isAppendOnly);
  });

  it('is in the dumped schema', () => {
    expect(readFileSync('migrations/schema.sql', 'utf8')).toContain(`CREATE TABLE public.${table} (`);
  });
});
