import { Ajv, type ValidateFunction } from 'ajv';
import { readFileSync } from 'node:fs';

interface OcsfAttribute {
  readonly type: string;
  readonly is_array?: boolean;
  readonly requirement: 'required' | 'recommended' | 'optional';
  /** Only events that name this profile have the attribute. */
  readonly profile?: string;
  /** The attribute that contains this number's caption as text. */
  readonly sibling?: string;
  readonly enum?: Readonly<Record<string, string>>;
  readonly deprecated?: true;
}

interface OcsfDefinition {
  readonly caption: string;
  readonly profiles: readonly string[];
  readonly constraints: { readonly at_least_one?: readonly string[]; readonly just_one?: readonly string[] };
  readonly attributes: Readonly<Record<string, OcsfAttribute>>;
}

interface OcsfType {
  readonly type?: string;
  readonly regex?: string;
  readonly max_len?: number;
  readonly range?: readonly [number, number];
}

interface OcsfSchema {
  readonly source: { readonly version: string; readonly commit: string; readonly licence: string };
  readonly types: Readonly<Record<string, OcsfType>>;
  readonly classes: Readonly<Record<string, OcsfDefinition & { readonly name: string }>>;
  readonly objects: Readonly<Record<string, OcsfDefinition>>;
}

/** The published OCSF schema, reduced to the classes that events map to. */
const OCSF = JSON.parse(readFileSync('test/vectors/ocsf/schema.json', 'utf8')) as OcsfSchema;

export interface OcsfFindings {
  readonly problems: readonly unknown[];
  readonly missing: readonly string[];
}

export function holdAgainstOcsf(event: unknown): OcsfFindings {
  const { class_uid: uid, metadata, ...others } = event as OcsfShape; // anything else fails below
  const definition = OCSF.classes[String(uid)];
  if (!definition) return { problems: [`no class ${String(uid)}`], missing: [] };
  const profiles = metadata?.profiles ?? [];
  const foreign = profiles.filter((profile) => !definition.profiles.includes(profile));
  const validate = createValidator(String(uid), new Set(profiles));
  const problems = validate(event) ? foreign : [...foreign, ...(validate.errors ?? [])];
  const recommended = buildAttributes(definition, new Set(profiles)).filter(
    ([, { requirement, deprecated }]) => requirement === 'recommended' && !deprecated,
  );
  return { problems, missing: recommended.map(([name]) => name).filter((name) => others[name] === undefined) };
}

interface OcsfShape {
  readonly class_uid?: unknown;
  readonly metadata?: { readonly profiles?: readonly string[] };
  readonly [attribute: string]: unknown;
}

type Schema = Readonly<Record<string, unknown>>;

const schemas = new Map<string, Ajv>();

function createValidator(uid: string, profiles: ReadonlySet<string>): ValidateFunction {
  const key = [...profiles].sort().join();
  const ajv = schemas.get(key) ?? createAjv(profiles);
  schemas.set(key, ajv);
  const validate = ajv.getSchema(`#/definitions/classes/${uid}`);
  if (!validate) throw new Error(`the schema has no class ${uid}`);
  return validate;
}

function createAjv(profiles: ReadonlySet<string>): Ajv {
  const compileAll = (definitions: Readonly<Record<string, OcsfDefinition>>): Schema =>
    Object.fromEntries(Object.entries(definitions).map(([name, each]) => [name, buildSchema(name, each, profiles)]));
  const ajv = new Ajv({ allErrors: true, strict: false, unicodeRegExp: false, code: { optimize: false } });
  const types = Object.fromEntries(
    Object.entries(OCSF.types).map(([name, type]) => [name, buildTypeSchema(name, type)]),
  );
  return ajv.addSchema({
    definitions: { types, classes: compileAll(OCSF.classes), objects: compileAll(OCSF.objects) },
  });
}

function buildAttributes(
  { attributes }: OcsfDefinition,
  profiles: ReadonlySet<string>,
): readonly (readonly [string, OcsfAttribute])[] {
  return Object.entries(attributes).filter(([, { profile }]) => profile === undefined || profiles.has(profile));
}

function buildSchema(name: string, definition: OcsfDefinition, profiles: ReadonlySet<string>): Schema {
  if (name === 'object') return { type: 'object' }; // the one that may hold anything
  const attributes = buildAttributes(definition, profiles);
  const { at_least_one: some = [], just_one: one = [] } = definition.constraints;
  const requires = (names: readonly string[]): readonly Schema[] => names.map((each) => ({ required: [each] }));
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(attributes.map(([each, attribute]) => [each, buildAttributeSchema(attribute)])),
    required: attributes.filter(([, { requirement }]) => requirement === 'required').map(([each]) => each),
    allOf: [
      ...(some.length > 0 ? [{ anyOf: requires(some) }] : []),
      ...(one.length > 0 ? [{ oneOf: requires(one) }] : []),
      ...attributes.flatMap(([each, attribute]) => buildCaptionRules(each, attribute)),
      ...buildTypeRules(definition),
    ],
  };
}

function buildAttributeSchema({ type, is_array: isArray, enum: values, deprecated }: OcsfAttribute): boolean | Schema {
  if (deprecated) return false;
  const group = type in OCSF.types ? 'types' : 'objects';
  const value = { $ref: `#/definitions/${group}/${type}`, ...(values ? { enum: getValues(type, values) } : {}) };
  return isArray ? { type: 'array', items: value } : value;
}

function getValues(type: string, values: Readonly<Record<string, string>>): readonly (string | number)[] {
  return type === 'string_t' ? Object.keys(values) : Object.keys(values).map(Number);
}

/** A number's text must be the caption. For 99, "Other", the text is the source's own word. */
function buildCaptionRules(name: string, { sibling, enum: captions = {} }: OcsfAttribute): readonly Schema[] {
  if (sibling === undefined) return [];
  return Object.entries(captions)
    .filter(([, caption]) => !/(^|: )Other$/.test(caption))
    .map(([id, caption]) => ({
      if: { properties: { [name]: { const: Number(id) } }, required: [name] },
      then: { properties: { [sibling]: { const: caption } } },
    }));
}

/** OCSF derives an event's type from the event's class and activity. */
function buildTypeRules({ attributes }: OcsfDefinition): readonly Schema[] {
  const { activity_id: activity, class_uid: uids } = attributes;
  if (!activity?.enum || !uids?.enum) return [];
  const uid = Number(Object.keys(uids.enum)[0]);
  return Object.keys(activity.enum).map((id) => ({
    if: { properties: { activity_id: { const: Number(id) } } },
    then: { properties: { type_uid: { const: uid * 100 + Number(id) } } },
  }));
}

const JSON_TYPES: Readonly<Record<string, Schema>> = {
  string_t: { type: 'string' },
  integer_t: { type: 'integer' },
  long_t: { type: 'integer' },
  float_t: { type: 'number' },
  boolean_t: { type: 'boolean' },
  json_t: {},
};

function buildTypeSchema(name: string, { type = name, regex, max_len: maxLength, range }: OcsfType): Schema {
  return {
    ...JSON_TYPES[type],
    ...(regex === undefined ? {} : { pattern: regex }),
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(range ? { minimum: range[0], maximum: range[1] } : {}),
  };
}
