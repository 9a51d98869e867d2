import { LEDGER_SQL } from '../src/monitoring/store/sql/ledger-sql.js';
import { SQL as JETSTREAM_SQL } from '../src/rooms/jetstream/sql/sql.generated.js';
import { SQL as ROW_CHANGES_SQL } from '../src/rooms/row-changes/sql/sql.generated.js';
import { AuditBaseline1763600000400 } from './1763600000400-audit-baseline.js';
import { AuditRowChanges1763600000410 } from './1763600000410-audit-row-changes.js';
import { AuditJetstream1763600000440 } from './1763600000440-audit-jetstream.js';
import type { AuditMigration } from './audit-migration.types.js';

/** The migrations of the ledger without rooms, oldest first. */
export const AUDIT_MIGRATIONS: readonly (new () => AuditMigration)[] = [AuditBaseline1763600000400];

/** An optional room of the ledger that has its own tables. */
export type AuditRoom = 'row-changes' | 'jetstream';

/** A room's migrations run after the ledger's migrations. */
export const ROOM_MIGRATIONS: Readonly<Record<AuditRoom, readonly (new () => AuditMigration)[]>> = {
  'row-changes': [AuditRowChanges1763600000410],
  jetstream: [AuditJetstream1763600000440],
};

export const AUDIT_ROOMS = Object.keys(ROOM_MIGRATIONS) as readonly AuditRoom[]; // the keys of its type

export function migrationsWith(rooms: readonly AuditRoom[]): (new () => AuditMigration)[] {
  return [
    ...AUDIT_MIGRATIONS,
    ...AUDIT_ROOMS.filter((room) => rooms.includes(room)).flatMap((room) => ROOM_MIGRATIONS[room]),
  ];
}

const ROOM_SQL: Readonly<Record<AuditRoom, Readonly<Record<string, string>>>> = {
  'row-changes': ROW_CHANGES_SQL,
  jetstream: JETSTREAM_SQL,
};

export function sqlWith(rooms: readonly AuditRoom[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [LEDGER_SQL, ...rooms.map((room) => ROOM_SQL[room])].flatMap((files) => Object.entries(files)),
  );
}

export function namesOf(
  room: AuditRoom,
  kinds: readonly ('tables' | 'functions')[] = ['tables', 'functions'],
): readonly string[] {
  return Object.keys(ROOM_SQL[room]).flatMap((file) => {
    const [kind, name = ''] = file.split('/');
    return kinds.some((each) => each === kind) ? [name] : [];
  });
}

const ROOM_OF: ReadonlyMap<string, AuditRoom> = new Map(
  AUDIT_ROOMS.flatMap((room) => namesOf(room).map((name) => [name, room] as const)),
);

export function roomOf(name: string): AuditRoom | undefined {
  return ROOM_OF.get(name);
}
