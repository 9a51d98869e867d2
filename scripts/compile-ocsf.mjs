// Usage: node scripts/compile-ocsf.mjs CHECKOUT, where CHECKOUT is https://github.com/ocsf/ocsf-schema at the version's tag.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The classes that `OCSF_CLASSES` in src/monitoring/read/export/formats/ocsf-class.ts uses. */
const CLASSES = [
  ...['account_change', 'authentication', 'authorize_session', 'entity_management', 'user_access'],
  ...['application_lifecycle', 'api_activity', 'datastore_activity', 'file_hosting'],
];

const TARGET = new URL('../test/vectors/ocsf/', import.meta.url);
const [checkout] = process.argv.slice(2);
if (checkout === undefined) {
  console.error('Usage: node scripts/compile-ocsf.mjs CHECKOUT');
  process.exit(2);
}

const read = (path) => JSON.parse(readFileSync(join(checkout, path), 'utf8'));
const readAll = (folder) =>
  new Map(
    readdirSync(join(checkout, folder), { recursive: true })
      .filter((path) => path.endsWith('.json'))
      .map((path) => read(join(folder, path)))
      .map((definition) => [definition.name, definition]),
  );

const { version } = read('version.json');
const dictionary = read('dictionary.json');
const categories = read('categories.json').attributes;
const [classes, objects] = [readAll('events'), readAll('objects')];

/** OCSF's own server merges in the same way. */
function merge(base, over) {
  if (!isObject(base) || !isObject(over)) return over;
  const names = [...new Set([...Object.keys(base), ...Object.keys(over)])];
  return Object.fromEntries(
    names.map((name) => [
      name,
      name in over ? (name in base ? merge(base[name], over[name]) : over[name]) : base[name],
    ]),
  );
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The definition's own attributes replace included attributes. */
function ownAttributes({ $include = [], ...attributes }) {
  const included = [$include].flat().map((path) => {
    const { name, meta, attributes: given } = read(path);
    const mark = meta === 'profile' ? { profile: name } : {};
    return Object.fromEntries(Object.entries(given).map(([key, attribute]) => [key, { ...mark, ...attribute }]));
  });
  return [...included, attributes].reduce(merge, {});
}

/** Profiles are added up; own constraints replace inherited constraints. */
function resolve(definitions, name) {
  const definition = definitions.get(name);
  if (!definition) throw new Error(`no definition of ${name}`);
  const base = definition.extends === undefined ? { attributes: {} } : resolve(definitions, definition.extends);
  const attributes = merge(base.attributes, ownAttributes(definition.attributes));
  const profiles = [...new Set([...(base.profiles ?? []), ...(definition.profiles ?? [])])];
  return { ...base, ...definition, attributes, profiles };
}

function compileAttribute([name, given]) {
  const known = dictionary.attributes[name];
  if (!known) throw new Error(`the dictionary has no ${name}`);
  const { type, is_array, enum: values, sibling, requirement = 'optional', profile, ...rest } = merge(known, given);
  const captions = values && Object.fromEntries(Object.entries(values).map(([id, { caption }]) => [id, caption]));
  const members = {
    type,
    is_array,
    requirement,
    profile: profile ?? undefined,
    sibling: captions && sibling,
    enum: captions,
    deprecated: rest['@deprecated'] && true,
  };
  return [name, members];
}

function compile(definition) {
  const attributes = Object.entries(definition.attributes).map(compileAttribute);
  const { caption, profiles, constraints = {} } = definition;
  return { caption, profiles, constraints, attributes: Object.fromEntries(attributes.sort(byName)) };
}

const byName = ([a], [b]) => (a < b ? -1 : 1);

function compileClass(name) {
  const definition = resolve(classes, name);
  const category = categories[definition.category];
  const uid = category.uid * 1000 + definition.uid;
  const { attributes, ...facts } = compile(definition);
  const activities = Object.entries(attributes.activity_id.enum);
  Object.assign(attributes.category_uid, { sibling: 'category_name', enum: { [category.uid]: category.caption } });
  Object.assign(attributes.class_uid, { sibling: 'class_name', enum: { [uid]: definition.caption } });
  Object.assign(attributes.type_uid, {
    sibling: 'type_name',
    enum: Object.fromEntries(
      activities.map(([id, caption]) => [uid * 100 + Number(id), `${facts.caption}: ${caption}`]),
    ),
  });
  return [uid, { name, ...facts, attributes }];
}

const compiledClasses = Object.fromEntries(CLASSES.map(compileClass));
const compiledObjects = {};
const waiting = Object.values(compiledClasses);
for (const { attributes } of waiting) {
  for (const { type } of Object.values(attributes)) {
    if (type in dictionary.types.attributes || type in compiledObjects) continue;
    compiledObjects[type] = compile(resolve(objects, type));
    waiting.push(compiledObjects[type]);
  }
}

const types = Object.entries(dictionary.types.attributes).map(([name, { type, regex, max_len, range, values }]) => [
  name,
  { type, regex, max_len, range, values },
]);
const profiles = [...readAll('profiles')].map(([name, { attributes }]) => [name, Object.keys(attributes)]);
const commit = execFileSync('git', ['-C', checkout, 'rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
const sections = {
  source: { repository: 'https://github.com/ocsf/ocsf-schema', version, commit, licence: 'Apache-2.0' },
  types: Object.fromEntries(types),
  profiles: Object.fromEntries(profiles),
  classes: compiledClasses,
  objects: Object.fromEntries(Object.entries(compiledObjects).sort(byName)),
};

/** Each definition is written on one line, so that a diff shows which definitions changed. */
const lines = Object.entries(sections).map(([section, definitions]) => {
  const each = Object.entries(definitions).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return `${JSON.stringify(section)}:{\n${each.join(',\n')}\n}`;
});
mkdirSync(TARGET, { recursive: true });
writeFileSync(new URL('schema.json', TARGET), `{\n${lines.join(',\n')}\n}\n`);
for (const file of ['LICENSE', 'NOTICE']) copyFileSync(join(checkout, file), new URL(file, TARGET));
