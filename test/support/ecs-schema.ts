import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';

interface EcsSchema {
  readonly source: { readonly version: string; readonly licence: string };
  readonly allowed: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  /** The value `[]` marks a field that is always an array. */
  readonly fields: Readonly<Record<string, string>>;
}

/** The published Elastic Common Schema, reduced to the field sets that events map to. */
export const ECS = JSON.parse(readFileSync('test/vectors/ecs/schema.json', 'utf8')) as EcsSchema;

export function holdAgainstEcs(document: Readonly<Record<string, unknown>>, ownGroup: string): readonly string[] {
  const leaves = listLeaves(Object.fromEntries(Object.entries(document).filter(([name]) => name !== ownGroup)), '');
  return [
    ...leaves.flatMap(([name, value]) => findProblem(name, value)),
    ...['@timestamp', 'ecs.version', 'event.kind'].filter((name) => !leaves.some(([each]) => each === name)),
    ...unexpectedTypes(document.event as EventSets),
  ];
}

interface EventSets {
  readonly category: readonly string[];
  readonly type: readonly string[];
}

/** ECS expects each type in at least one category, and each category expects at least one of the types. */
function unexpectedTypes({ category, type }: EventSets): readonly string[] {
  const expected = category.map((each) => ECS.allowed['event.category']?.[each] ?? []);
  return [
    ...type.filter((each) => !expected.some((types) => types.includes(each))).map((each) => `type ${each}`),
    ...category.filter((_, nth) => !type.some((each) => expected[nth]?.includes(each))).map((each) => `of ${each}`),
  ];
}

function listLeaves(value: unknown, name: string): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[name, value]];
  return Object.entries(value).flatMap(([key, member]) => listLeaves(member, name === '' ? key : `${name}.${key}`));
}

function findProblem(name: string, value: unknown): readonly string[] {
  const declared = ECS.fields[name];
  if (declared === undefined) return [`unknown field ${name}`];
  const isList = declared.endsWith('[]');
  if (Array.isArray(value) !== isList) return [`${name} is ${isList ? 'not ' : ''}a list`];
  const values: readonly unknown[] = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  const type = declared.replace('[]', '');
  const allowed = ECS.allowed[name];
  return [
    ...values.filter((each) => !isOfType(type, each)).map((each) => `${name}: ${String(each)} is not of type ${type}`),
    ...values
      .filter((each) => allowed && !Object.hasOwn(allowed, String(each)))
      .map((each) => `${name}: ${String(each)}`),
  ];
}

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case 'date':
      return typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value);
    case 'long':
      return Number.isSafeInteger(value);
    case 'ip':
      return typeof value === 'string' && isIP(value) !== 0;
    default:
      return typeof value === 'string' && value !== '';
  }
}
