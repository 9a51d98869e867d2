// Usage: node scripts/compile-ecs.mjs CHECKOUT, where CHECKOUT is https://github.com/elastic/ecs at the version's tag.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';

/** The field sets that `toEcsEvent` in src/extensions/streams/formats/ecs.ts uses. */
const FIELD_SETS = [
  ...['base', 'client', 'ecs', 'error', 'event', 'http', 'log', 'organization', 'related', 'service', 'source'],
  ...['trace', 'url', 'user', 'user_agent'],
];

const TARGET = new URL('../test/vectors/ecs/', import.meta.url);
const [checkout] = process.argv.slice(2);
if (checkout === undefined) {
  console.error('Usage: node scripts/compile-ecs.mjs CHECKOUT');
  process.exit(2);
}

const read = (path) => readFileSync(join(checkout, path), 'utf8');
const rows = parse(read('generated/csv/fields.csv'), { columns: true });
const fields = rows
  .filter(({ Field_Set: set }) => FIELD_SETS.includes(set))
  .map(({ Field: name, Type: type, Normalization: normalization }) => [
    name,
    normalization === 'array' ? `${type}[]` : type,
  ]);

function allowedValues(name) {
  const flat = read('generated/ecs/ecs_flat.yml');
  const [, definition = ''] = flat.split(`\n${name}:\n`);
  if (!definition.startsWith('  allowed_values:\n')) throw new Error(`no allowed values of ${name}`);
  return Object.fromEntries(
    `\n${definition.split('\n  dashed_name:')[0].slice('  allowed_values:\n'.length)}`
      .split(/\n {2}- /)
      .slice(1)
      .map((item) => {
        const [, expected = ''] = /expected_event_types:\n((?:\s+- \w+\n?)+)/.exec(item) ?? [];
        return [/^ *name: (\w+)/m.exec(item)[1], Array.from(expected.matchAll(/- (\w+)/g), ([, type]) => type)];
      }),
  );
}

const commit = execFileSync('git', ['-C', checkout, 'rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
const source = {
  repository: 'https://github.com/elastic/ecs',
  version: read('version').trim(),
  commit,
  licence: 'Apache-2.0',
};
const allowed = Object.fromEntries(
  ['event.kind', 'event.category', 'event.type', 'event.outcome'].map((name) => [name, allowedValues(name)]),
);
mkdirSync(TARGET, { recursive: true });
const lines = [
  `"source":${JSON.stringify(source)}`,
  ...Object.entries({ allowed, fields: Object.fromEntries(fields) }).map(([section, definitions]) => {
    const each = Object.entries(definitions).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
    return `${JSON.stringify(section)}:{\n${each.join(',\n')}\n}`;
  }),
];
writeFileSync(new URL('schema.json', TARGET), `{\n${lines.join(',\n')}\n}\n`);
copyFileSync(join(checkout, 'LICENSE.txt'), new URL('LICENSE', TARGET));
copyFileSync(join(checkout, 'NOTICE.txt'), new URL('NOTICE', TARGET));
