import { STATUS_CODES } from 'node:http';
import { RequestMethod, ParseUUIDPipe, type INestApplicationContext, type Type } from '@nestjs/common';
import {
  HTTP_CODE_METADATA,
  ROUTE_ARGS_METADATA,
  METHOD_METADATA,
  MODULE_PATH,
  PATH_METADATA,
  VERSION_METADATA,
} from '@nestjs/common/constants.js';
import { z } from 'zod';
import { ApplicationConfig, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';
import { PERMISSION_PHRASES, createForbiddenError, type LedgerPermission } from '../../read/access/ledger-access.js';
import { BodyPipe, QueryPipe } from '../request.pipe.js';
import { NeedsPermission } from '../ledger-access.guard.js';
import type { ParameterFacts, QueryParameter } from '../../read/query/query-parameters.js';
import { ROUTE_TAG, ROUTE_FACTS, type RouteFacts } from './ledger-controller.decorator.js';
import { namedSchema } from '../../read/responses/shape.js';
import { parseJson } from '../../../audit/nest-free.js';

const Refusal = namedSchema(
  'Refusal',
  z.object({
    statusCode: z.int().describe('The status of the response').meta({ example: 403 }),
    error: z.string().exactOptional().describe('The name of the status').meta({ example: 'Forbidden' }),
    code: z
      .string()
      .exactOptional()
      .describe('An error code from docs/reference/errors.md')
      .meta({ example: 'AUDIT_ACCESS_DENIED' }),
    message: z
      .union([z.string(), z.array(z.string())])
      .describe('What failed, the reason, and what to do; for an invalid query or body, each problem'),
  }),
);

type Json = Record<string, unknown>;
type Properties = Readonly<Record<string, { readonly allOf?: readonly object[] }>>;

class DescribedSchemas {
  readonly components: Record<string, object> = {};
  private readonly known = new Map<z.core.$ZodType, object>();

  /** Returns the OpenAPI schema, or a reference if the schema has a name. */
  of(schema: z.core.$ZodType): object {
    const known = this.known.get(schema);
    if (known) return known;
    const written = z.toJSONSchema(z.array(schema), {
      ...{ io: 'input', target: 'openapi-3.0', unrepresentable: 'any' },
      override: ({ jsonSchema }) => removeUndefined(jsonSchema as Json),
    });
    const text = JSON.stringify(written).replaceAll('"#/definitions/', '"#/components/schemas/');
    const { items, definitions } = parseJson(text) as { items: object; definitions?: object }; // the form of a list's schema
    Object.assign(this.components, definitions);
    this.known.set(schema, items);
    return items;
  }
}

/** Removes the keywords that zod adds to every number, list and time. Rewrites nullable references, which OpenAPI 3.0 does not support. */
function removeUndefined(json: Json): void {
  const { allOf, ...others } = json;
  if (Array.isArray(allOf) && others.nullable === true) {
    delete json.allOf;
    delete json.nullable;
    json.oneOf = [...(allOf as readonly object[]), { type: 'object', nullable: true, enum: [null] }];
  }
  for (const [name, { allOf: [only] = [], ...more }] of Object.entries({ ...(json.properties as Properties) })) {
    if (only && Object.keys(more).length === 0) Object.assign(json.properties as Properties, { [name]: only }); // a reference in OpenAPI 3.0 must be the only member of its object
  }
  delete json.readOnly;
  delete json.contentEncoding;
  if (json.format !== undefined) delete json.pattern;
  if (json.minimum === Number.MIN_SAFE_INTEGER) delete json.minimum;
  if (json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum;
}

/** The members of an OpenAPI document that {@link describeLedger} reads. */
export interface OpenApiDocument {
  readonly paths?: object;
  readonly components?: { readonly schemas?: object };
}

/**
 * Adds the library's routes to an OpenAPI 3.0 document, at the paths where the application mounted the routes. The routes use the security
 * scheme `bearer`.
 *
 * @param document for example the result of `SwaggerModule.createDocument()` of `@nestjs/swagger`
 * @returns a new document with the routes and the schema `Refusal`
 */
export function describeLedger<Document extends OpenApiDocument>(app: INestApplicationContext, document: Document) {
  const schemas = new DescribedSchemas();
  schemas.of(Refusal);
  const paths: Record<string, Readonly<Record<string, object>>> = {};
  for (const route of mountedRoutes(app)) {
    const method = RequestMethod[route.method].toLowerCase();
    for (const path of route.paths) {
      paths[path] = { ...paths[path], [method]: describeRoute(route, path, schemas) };
    }
  }
  const { components } = document;
  return {
    ...document,
    paths: { ...document.paths, ...paths },
    components: { ...components, schemas: { ...components?.schemas, ...schemas.components } },
  };
}

function describeRoute(route: MountedRoute, path: string, schemas: DescribedSchemas): object {
  const { controller, handler, facts, method } = route;
  const { summary, body: input, others, more } = facts;
  const read = readByPipes(route);
  const { body, query, uuids } = read;
  const isPost = method === RequestMethod.POST;
  const status = Number(getMetadata(HTTP_CODE_METADATA, handler) ?? (isPost ? 201 : 200));
  const needed = getMetadata(NeedsPermission.KEY, handler) ?? getMetadata(NeedsPermission.KEY, controller);
  const permission = (needed ?? 'read') as LedgerPermission; // the decorator's type
  const content = input && {
    content: Object.fromEntries(
      Object.entries<object>(isSchema(input) ? { 'application/json': input } : input).map(([type, body]) => [
        type,
        isSchema(body) ? { schema: schemas.of(body) } : body,
      ]),
    ),
  };
  const responses = Object.entries({ ...listErrorResponses(read, permission), ...others }).map(
    ([code, description]) => {
      const example = code === '403' ? { example: createForbiddenError(permission) } : {};
      const refusal = { content: { 'application/json': { schema: schemas.of(Refusal), ...example } } };
      return [code, { description, ...(Number(code) < 300 ? content : refusal) }];
    },
  );
  return {
    operationId: `${controller.name}_${handler.name}`,
    ...{ summary, tags: [getMetadata(ROUTE_TAG.KEY, controller)], security: [{ bearer: [] }] },
    parameters: [...describeParameters(path, uuids, query), ...(more.parameters ?? [])],
    ...(body && {
      requestBody: {
        required: !body.safeParse({}).success,
        content: { 'application/json': { schema: schemas.of(body) } },
      },
    }),
    responses: {
      [status]: { description: STATUS_CODES[status], ...(more.headers && { headers: more.headers }), ...content },
      ...(Object.fromEntries(responses) as object),
    },
  };
}

function isSchema(input: object): input is z.ZodType {
  return '_zod' in input;
}

interface PipeInputs {
  readonly isChange: boolean;
  readonly query: QueryPipe<object> | undefined;
  readonly body: z.ZodObject | undefined;
  readonly uuids: readonly string[];
}

function readByPipes({ controller, handler, method }: MountedRoute): PipeInputs {
  const args: unknown = Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, handler.name);
  const all = Object.values({ ...(args as Readonly<Record<string, { data?: unknown; pipes?: readonly unknown[] }>>) }); // the format of Nest's metadata
  const pipes = all.flatMap((arg) => arg.pipes ?? []);
  return {
    isChange: method !== RequestMethod.GET,
    query: pipes.find((pipe): pipe is QueryPipe<object> => pipe instanceof QueryPipe),
    body: pipes.find((pipe): pipe is BodyPipe<z.ZodObject> => pipe instanceof BodyPipe)?.schema,
    uuids: all.filter((arg) => arg.pipes?.includes(ParseUUIDPipe)).map(({ data }) => String(data)),
  };
}

function listErrorResponses({ isChange, query, body, uuids }: PipeInputs, permission: LedgerPermission): object {
  const wrong = [
    ...(uuids.length > 0 ? ['The id is not a UUID.'] : []),
    ...(query ? ['The query is invalid; the message lists each problem.'] : []),
    ...(body ? ['The body is invalid; the message lists each problem.'] : []),
  ];
  const takesTimes = query?.parameters.get('from')?.facts?.type === String;
  return {
    ...(wrong.length > 0 && { 400: wrong.join(' ') }),
    401: "The application's authentication refuses the request.",
    403: `The application does not let you ${PERMISSION_PHRASES[permission]}.`,
    ...(isChange && { 415: 'The request is not application/json.' }),
    ...(takesTimes && { 422: 'The query takes too long: narrow the time range.' }),
    ...(query?.parameters.has('archived') && {
      501: 'The query includes archives, but @duckdb/node-api is not installed.',
    }),
    503: 'The ledger cannot be read now.',
  };
}

function describeParameters(
  path: string,
  uuids: readonly string[],
  query: QueryPipe<object> | undefined,
): readonly object[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    ...{ name, in: 'path', required: true, ...PATH_PARAMETERS[name] },
    schema: { type: 'string', ...(uuids.includes(name) && { format: 'uuid' }) },
  }));
  const inQuery = [...(query?.parameters.values() ?? [])];
  return [...inPath, ...inQuery.map((each) => describeParameter(each, query?.defaults[each.name]))];
}

const PATH_PARAMETERS: Readonly<Record<string, object>> = {
  L: { description: 'Level', example: '0' },
  N: { description: '<N>[.p/<W>], in the format of tlog-tiles: 067, 067.p/12, x001/x234/067', example: '067' },
};

function describeParameter({ name, facts, isRequired }: QueryParameter, byDefault: unknown): object {
  if (facts) {
    const { description } = facts;
    const schema = { ...toJsonSchema(facts), ...(byDefault !== undefined && { default: byDefault }) };
    return { name, in: 'query', required: isRequired, ...(description && { description }), schema };
  }
  return {
    ...{ name: `${name}.{path}`, in: 'query', required: false, schema: { type: 'string' } },
    description: `A field at any depth, such as ${name}.payment.method=card; for a list, any item matches`,
  };
}

const NON_SCHEMA_KEYS = new Set(['type', 'enum', 'isArray', 'description']);

function toJsonSchema(facts: ParameterFacts): object {
  const { type, enum: words, isArray } = facts;
  const bounds = Object.fromEntries(Object.entries(facts).filter(([name]) => !NON_SCHEMA_KEYS.has(name)));
  const isList = isArray === true || Array.isArray(type);
  const name = type === Number ? 'integer' : type === Boolean ? 'boolean' : 'string';
  const one = { type: name, ...(words && { enum: [...words] }) };
  return { ...(isList ? { type: 'array', items: one } : one), ...bounds };
}

type Handler = (...input: never[]) => unknown;

interface MountedRoute {
  readonly controller: Type<object>;
  readonly handler: Handler;
  readonly facts: RouteFacts;
  readonly method: RequestMethod;
  /** The paths include the application's prefixes and versions. Parameters look like `{id}`. */
  readonly paths: readonly string[];
}

function mountedRoutes(app: INestApplicationContext): readonly MountedRoute[] {
  const config = app.get(ApplicationConfig);
  const factory = new RoutePathFactory(config);
  const container = app.get(ModulesContainer);
  const versioningOptions = config.getVersioning();
  const prefix = config.getGlobalPrefix();
  return [...container.values()].flatMap(({ controllers, metatype }) => {
    const modulePath =
      getMetadata(MODULE_PATH + container.applicationId, metatype) ?? getMetadata(MODULE_PATH, metatype);
    return [...controllers.keys()].filter(isOurs).flatMap((controller) => {
      const version = getMetadata(VERSION_METADATA, controller) ?? versioningOptions?.defaultVersion;
      return listHandlers(controller).flatMap((handler) => {
        const facts = getMetadata(ROUTE_FACTS.KEY, handler) as RouteFacts | undefined; // the decorator `Route` sets this metadata
        if (!facts) return [];
        const method = getMetadata(METHOD_METADATA, handler) as RequestMethod; // Nest's decorators set all metadata that is read in this function
        const parts = {
          ctrlPath: getMetadata(PATH_METADATA, controller) as string,
          methodPath: [getMetadata(PATH_METADATA, handler)].flat()[0] as string, // all other paths are variants of the first path
          globalPrefix: prefix === '' ? '' : `/${prefix.replace(/^\/|\/$/g, '')}`,
          ...(modulePath !== undefined && { modulePath: modulePath as string }),
          ...(version !== undefined && { controllerVersion: version as string }),
          ...(versioningOptions && { versioningOptions }),
        };
        const paths = factory.create(parts, method).map((path) => path.replaceAll(/:(\w+)/g, '{$1}'));
        return [{ controller, handler, facts, method, paths }];
      });
    });
  });
}

function getMetadata(key: string, target: object | undefined): unknown {
  return target && Reflect.getMetadata(key, target);
}

function isOurs(controller: unknown): controller is Type<object> {
  return typeof controller === 'function' && getMetadata(ROUTE_TAG.KEY, controller) !== undefined;
}

function listHandlers({ prototype }: Type<object>): readonly Handler[] {
  const names = new MetadataScanner().getAllMethodNames(prototype as object);
  return names.map((name) => Reflect.get(prototype as object, name) as Handler); // getAllMethodNames() returns names of methods
}
