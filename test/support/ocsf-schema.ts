/**
 * What OCSF 1.8.0 says of the classes that events are mapped to, as a JSON Schema (draft 7): which attributes there are, of
 * which types, which are required, and which numbers they may have. Written by hand from the published definitions
 * (schema.ocsf.io, version 1.8.0), as far as the mapping uses them: an attribute that is not named here is refused.
 */
const TEXT = { type: 'string' };
const INTEGER = { type: 'integer' };
const BOOLEAN = { type: 'boolean' };
const ANY_OBJECT = { type: 'object' };

type Schema = Readonly<Record<string, unknown>>;

function object(properties: Readonly<Record<string, Schema>>, more: Schema = {}): Schema {
  return { type: 'object', properties, additionalProperties: false, ...more };
}

function anyOf(...names: readonly string[]): Schema {
  return { anyOf: names.map((name) => ({ required: [name] })) };
}

function oneOf(...values: readonly (number | string)[]): Schema {
  return { enum: values };
}

const IP = {
  anyOf: [
    { type: 'string', format: 'ipv4' },
    { type: 'string', format: 'ipv6' },
  ],
  maxLength: 40,
};
const USER = object({ uid: TEXT, name: TEXT, type_id: oneOf(0, 1, 2, 3, 4, 99) }, anyOf('account', 'name', 'uid'));
const NAMED = object({ uid: TEXT, name: TEXT }, anyOf('name', 'uid'));
const RESOURCES = { type: 'array', items: object({ uid: TEXT, name: TEXT, type: TEXT }, anyOf('name', 'uid')) };
const PRIVILEGES = { type: 'array', items: TEXT };
const ENDPOINT = object({ ip: IP, name: TEXT }, anyOf('ip', 'name'));
const METHODS = oneOf('CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE');

const METADATA = object(
  {
    version: { const: '1.8.0' },
    product: object({ name: TEXT, vendor_name: TEXT, version: TEXT }, anyOf('name', 'uid')),
    uid: TEXT,
    event_code: TEXT,
    sequence: INTEGER,
    log_name: TEXT,
    log_version: TEXT,
    original_time: TEXT,
    tenant_uid: TEXT,
    correlation_uid: TEXT,
    is_truncated: BOOLEAN,
    transformation_info_list: { type: 'array', items: object({ name: TEXT, uid: TEXT, time: INTEGER }) },
  },
  { required: ['version', 'product'] },
);

/** The base event, and what the categories of these classes add. */
const SHARED: Readonly<Record<string, Schema>> = {
  activity_name: TEXT,
  severity_id: oneOf(0, 1, 2, 3, 4, 5, 6, 99),
  status_id: oneOf(0, 1, 2, 99),
  status: TEXT,
  status_detail: TEXT,
  status_code: TEXT,
  time: INTEGER,
  message: TEXT,
  metadata: METADATA,
  unmapped: ANY_OBJECT,
  actor: object({ user: USER, session: object({ uid: TEXT }) }, anyOf('user', 'session')),
  http_request: object({
    uid: TEXT,
    http_method: METHODS,
    user_agent: TEXT,
    url: object({ path: TEXT }, anyOf('path')),
  }),
  http_response: object({ code: INTEGER }, { required: ['code'] }),
  src_endpoint: ENDPOINT,
};
const REQUIRED = ['activity_id', 'category_uid', 'class_uid', 'metadata', 'severity_id', 'time', 'type_uid'];

interface OcsfClass {
  readonly uid: number;
  /** Beside 0 and 99. */
  readonly lastActivity: number;
  readonly attributes: Readonly<Record<string, Schema>>;
  readonly required: readonly string[];
  readonly constraints?: Schema;
}

const CLASSES: readonly OcsfClass[] = [
  { uid: 3001, lastActivity: 12, attributes: { user: USER }, required: ['user'] },
  {
    uid: 3002,
    lastActivity: 7,
    attributes: { user: USER, service: NAMED },
    required: ['user'],
    constraints: anyOf('service', 'dst_endpoint'),
  },
  {
    uid: 3003,
    lastActivity: 2,
    attributes: { user: USER, privileges: PRIVILEGES, group: NAMED },
    required: ['user'],
    constraints: { oneOf: [{ required: ['privileges'] }, { required: ['group'] }] },
  },
  {
    uid: 3004,
    lastActivity: 13,
    attributes: { entity: object({ uid: TEXT, name: TEXT, type: TEXT }, anyOf('name', 'uid')) },
    required: ['entity'],
  },
  {
    uid: 3005,
    lastActivity: 2,
    attributes: { user: USER, privileges: PRIVILEGES, resources: RESOURCES },
    required: ['user', 'privileges'],
  },
  {
    uid: 6003,
    lastActivity: 4,
    attributes: {
      api: object({ operation: TEXT, service: NAMED }, { required: ['operation'] }),
      resources: RESOURCES,
    },
    required: ['actor', 'api', 'src_endpoint'],
  },
  {
    uid: 6005,
    lastActivity: 10,
    attributes: { table: NAMED, type_id: oneOf(0, 1, 2, 3, 99) },
    required: ['actor', 'src_endpoint'],
    constraints: anyOf('database', 'databucket', 'table'),
  },
];

/** The JSON Schema of each class, by its uid. */
export const OCSF_SCHEMAS: ReadonlyMap<number, Schema> = new Map(
  CLASSES.map(({ uid, lastActivity, attributes, required, constraints = {} }) => {
    const activities = [...Array.from({ length: lastActivity + 1 }, (_, id) => id), 99];
    const ids = {
      class_uid: { const: uid },
      category_uid: { const: Math.floor(uid / 1_000) },
      activity_id: oneOf(...activities),
      type_uid: oneOf(...activities.map((id) => uid * 100 + id)),
    };
    return [
      uid,
      object({ ...SHARED, ...ids, ...attributes }, { required: [...REQUIRED, ...required], ...constraints }),
    ];
  }),
);
