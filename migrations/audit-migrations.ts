import { LEDGER_SQL } from '../src/monitoring/store/sql/ledger-sql.js';
import { SQL as JETSTREAM_SQL } from '../src/extensions/jetstream/sql/sql.generated.js';
import { SQL as ROW_CHANGES_SQL } from '../src/extensions/row-changes/sql/sql.generated.js';
import { AuditBaseline1763600000400 } from './1763600000400-audit-baseline.js';
import { AuditRowChanges1763600000410 } from './1763600000410-audit-row-changes.js';
import { AuditJetstream1763600000440 } from './1763600000440-audit-jetstream.js';
import type { AuditMigration } from './audit-migration.types.js';

/** The migrations of the ledger without extensions, oldest first. */
export const AUDIT_MIGRATIONS: readonly (new () => AuditMigration)[] = [AuditBaseline1763600000400];

/** An optional extension of the ledger that has its own tables. */
export type AuditExtension = 'row-changes' | 'jetstream';

/** An extension's migrations run after the ledger's migrations. */
export const EXTENSION_MIGRATIONS: Readonly<Record<AuditExtension, readonly (new () => AuditMigration)[]>> = {
  'row-changes': [AuditRowChanges1763600000410],
  jetstream: [AuditJetstream1763600000440],
};

export const AUDIT_EXTENSIONS = Object.keys(EXTENSION_MIGRATIONS) as readonly AuditExtension[]; // the keys of its type

export function migrationsWith(extensions: readonly AuditExtension[]): (new () => AuditMigration)[] {
  return [
    ...AUDIT_MIGRATIONS,
    ...AUDIT_EXTENSIONS.filter((extension) => extensions.includes(extension)).flatMap(
      (extension) => EXTENSION_MIGRATIONS[extension],
    ),
  ];
}

const EXTENSION_SQL: Readonly<Record<AuditExtension, Readonly<Record<string, string>>>> = {
  'row-changes': ROW_CHANGES_SQL,
  jetstream: JETSTREAM_SQL,
};

export function sqlWith(extensions: readonly AuditExtension[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [LEDGER_SQL, ...extensions.map((extension) => EXTENSION_SQL[extension])].flatMap((files) => Object.entries(files)),
  );
}

export function listObjectNames(
  extension: AuditExtension,
  kinds: readonly ('tables' | 'functions')[] = ['tables', 'functions'],
): readonly string[] {
  return Object.keys(EXTENSION_SQL[extension]).flatMap((file) => {
    const [kind, name = ''] = file.split('/');
    return kinds.some((each) => each === kind) ? [name] : [];
  });
}

const EXTENSION_BY_MIGRATION: ReadonlyMap<string, AuditExtension> = new Map(
  AUDIT_EXTENSIONS.flatMap((extension) => listObjectNames(extension).map((name) => [name, extension] as const)),
);

export function findExtension(name: string): AuditExtension | undefined {
  return EXTENSION_BY_MIGRATION.get(name);
}
