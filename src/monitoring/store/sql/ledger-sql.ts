import { EVENT_FIELDS, type LayoutField, type StoredKind } from '../../proof/sealing/event-layout.js';
import { RETENTION_TABLES } from '../retention-tables.js';
import { buildFactColumn, CLASSIFIED_COLUMNS, PERSONAL_COLUMNS } from '../event-columns.js';
import { isRelated } from '../is-related.js';
import { SQL, type SqlName } from './sql.generated.js';

const TYPES = {
  uuid: 'uuid',
  time: 'timestamptz(3)',
  text: 'text',
  smallint: 'smallint',
  double: 'double precision',
  flag: 'boolean',
  inet: 'inet',
  json: 'json',
} as const satisfies Readonly<Record<StoredKind, string>>;

const personal = PERSONAL_COLUMNS.map(({ name }) => name);
const classified = CLASSIFIED_COLUMNS.map(({ name }) => name);
const members = EVENT_FIELDS.filter((field) => field.members !== undefined);
const EVENT = { related: 'event.related', personal: 'event.personal' };

const PARTS: Readonly<Record<string, string>> = {
  columns: EVENT_FIELDS.map((field) => `  ${field.column} ${TYPES[field.kind]}${buildConstraint(field)}`).join(',\n'),
  personal: personal.join(', '),
  classified: classified.join(', '),
  forgotten: [
    ...personal.map((name) => `${name} = NULL`),
    ...classified.map((name) => `${name} = ${buildFactColumn(name)}`),
  ].join(',\n          '),
  forgottenOld: [
    ...personal.map((name) => `OLD.${name} := NULL;`),
    ...classified.map((name) => `OLD.${name} := ${buildFactColumn(name, 'OLD.')};`),
  ].join('\n      '),
  personalValues: [
    ...EVENT_FIELDS.filter((field) => field.personal === 'always').map(({ column, kind }) =>
      kind === 'inet' ? `host(${column})` : column,
    ),
    ...CLASSIFIED_COLUMNS.map(({ name, bit }) => `CASE WHEN personal_columns & ${bit} <> 0 THEN ${name} END`),
  ].join(',\n                    '),
  factValues: [
    ...members.map(({ column }) => column),
    'related',
    ...classified.map((name) => buildFactColumn(name)),
  ].join(',\n               '),
  factNames: EVENT_FIELDS.filter((field) => field.personal !== 'always' && !members.includes(field))
    .map(({ column, pointer, kind }) =>
      kind === 'flag'
        ? `CASE WHEN ${column} THEN '${pointer}' END`
        : `CASE WHEN ${buildFactColumn(column)} IS NOT NULL THEN '${pointer}' END`,
    )
    .join(',\n        '),
  isRelatedUser: isRelated({ related: 'e.related', personal: 'e.personal' }, `'user'`, 'subject'),
  isRelatedOfType: isRelated(EVENT, 'wanted_type'),
  isRelatedWanted: isRelated(EVENT, 'wanted_type', 'wanted_id'),
  retentionRules: Object.entries(RETENTION_TABLES)
    .map(([table, { column }]) => `audit_days(rules->'${table}'->>event.${column})`)
    .join(',\n      '),
  members: members.map(({ column, pointer }) => `('${pointer}', ${column})`).join(', '),
};

function buildConstraint({ column, kind, required }: LayoutField): string {
  if (column === 'id') return ' PRIMARY KEY';
  return required === true || kind === 'flag' ? ' NOT NULL' : '';
}

export const LEDGER_SQL = Object.fromEntries(
  Object.entries(SQL).map(([name, text]) => [
    name,
    text.replace(/\{\{(\w+)\}\}/g, (_, part: string) => readSqlPart(part)),
  ]),
) as Record<SqlName, string>; // the same names

function readSqlPart(name: string): string {
  const part = PARTS[name];
  if (part === undefined) throw new TypeError(`Cannot generate the SQL of the ledger: {{${name}}} is unknown.`);
  return part;
}
