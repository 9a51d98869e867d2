import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import { EVENT_FIELDS, PERSONAL_FIELDS } from '../dist/src/monitoring/proof/sealing/event-layout.js';

function eventFieldsPage(fields) {
  const rows = fields.map((field) => {
    const { pointer, kind, personal, filter, ownName, csvMembers, description } = field;
    const names = csvMembers?.map((member) => `${ownName}${member.slice(0, 1).toUpperCase()}${member.slice(1)}`);
    return [
      `\`${pointer.slice(1).replace('/', '.')}\``,
      KINDS[kind],
      typeof personal === 'object' ? 'by its value' : PERSONAL[personal ?? 'never'],
      filter === undefined ? '' : `\`${ownName}\``,
      (names ?? [ownName]).map((name) => `\`${name}\``).join(', '),
      description,
    ];
  });
  const table = [HEAD, HEAD.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return [...INTRODUCTION, table.join('\n')].join('\n\n');
}

const HEAD = ['field', 'type', 'personal', 'filter', 'CSV column', 'what'];

const INTRODUCTION = [
  '# The fields of an event',
  '<!-- Generated from `src/monitoring/proof/sealing/event-layout.ts` by `npm run generate`. Do not edit. -->',
  'The ledger stores these fields. A personal field is never part of the sealed entry: the entry has a commitment to it, and an erasure removes it.',
  '"By its value" means that a value of a known shape, such as an id, is a fact, and that every other value is personal. "In part" means the same for each value inside the field.',
];

const KINDS = {
  uuid: 'UUID',
  time: 'time, in UTC, with milliseconds',
  text: 'text',
  smallint: 'integer',
  double: 'number',
  flag: '`true`, or absent',
  inet: 'IP address',
  json: 'JSON',
};

const PERSONAL = { never: 'no', always: 'yes', within: 'in part' };

const target = fileURLToPath(new URL('../docs/reference/event-fields.md', import.meta.url));
const options = { ...(await prettier.resolveConfig(target)), parser: 'markdown' };
writeFileSync(target, await prettier.format(eventFieldsPage(EVENT_FIELDS), options));

// The query `personal-parts`, with which an auditor recomputes the commitments.
const VALUES = {
  inet: (column) => `to_jsonb(host(${column}))`,
  json: (column) => `${column}::jsonb`,
};
const rows = PERSONAL_FIELDS.map(({ pointer, column, kind, bit }) => {
  const value = VALUES[kind]?.(column) ?? `to_jsonb(${column})`;
  return `('${pointer}', ${bit === 0 ? value : `CASE WHEN personal_columns & ${bit} <> 0 THEN ${value} END`})`;
});
const page = fileURLToPath(new URL('../docs/reference/integrity-formats.md', import.meta.url));
const query = /(?<=\n *-- personal-parts\n.*?FROM \(VALUES\n)( *).*?(?=\) AS own \(pointer, value\))/s;
writeFileSync(
  page,
  readFileSync(page, 'utf8').replace(query, (_, indent) => rows.map((row) => `${indent}${row}`).join(',\n')),
);
