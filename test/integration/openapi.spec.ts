import { describe, expect, it } from '@jest/globals';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Ajv } from 'ajv';
import { ApiClient, eventually, closeAfterTests, recordSealed, testDatabase } from '../support/index.js';
import { ADMIN, startReferenceApp } from '../support/reference-app.js';
import { sampleAlert } from '../support/sample-alert.js';

interface Media {
  readonly schema?: { readonly $ref?: string };
  readonly example?: unknown;
}

interface Described {
  readonly content?: Readonly<Record<string, Media>>;
}

interface Operation {
  readonly summary?: string;
  readonly security?: readonly object[];
  readonly requestBody?: Described;
  readonly responses: Readonly<Record<string, Described>>;
}

interface Description {
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, { readonly example?: unknown }>>;
    readonly securitySchemes?: Readonly<Record<string, object>>;
  };
}

const alert = sampleAlert([]);

const database = await testDatabase();
const app = await closeAfterTests(startReferenceApp(database.url));
await recordSealed(app.app, database, [alert]);
const admin = new ApiClient(app.url);
await admin.logIn(ADMIN.email, ADMIN.password);
const { body } = await admin.send<Description>('GET', '/docs-json');
const description = ofLibrary(body);

/** The description without the reference application's own routes and types, which Nest's own module describes. */
function ofLibrary({ paths, components, ...about }: Description): Description {
  const own = Object.entries(paths).filter(([path]) => path.startsWith('/audit/') || path === '/metrics');
  const schemas = Object.entries(components.schemas).filter(([name]) => !name.endsWith('Dto'));
  return {
    ...about,
    paths: Object.fromEntries(own),
    components: { ...components, schemas: Object.fromEntries(schemas) },
  };
}

function operationsOfLibrary(): readonly (readonly [name: string, operation: Operation])[] {
  return Object.entries(description.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => [`${method} ${path}`, operation] as const),
  );
}

function withoutExample({ content = {} }: Described): readonly string[] {
  return Object.entries(content)
    .filter(([type]) => !['application/octet-stream', 'application/gzip'].includes(type))
    .filter(([, { example, schema }]) => (example ?? schemaAt(schema?.$ref).example) === undefined)
    .map(([type]) => type);
}

function schemaAt(reference = ''): { readonly example?: unknown } {
  return description.components.schemas[reference.replace('#/components/schemas/', '')] ?? {};
}

/** The schemas allow only the members that they name, so that an answer with more members fails. */
function strict(described: unknown): unknown {
  if (Array.isArray(described)) return described.map(strict);
  if (typeof described !== 'object' || described === null) return described;
  const members = Object.entries(described).map(([name, value]) => [name, strict(value)] as const);
  return { ...('properties' in described && { additionalProperties: false }), ...Object.fromEntries(members) };
}

describe('the OpenAPI description', () => {
  it("passes Redocly's recommended rules, and its examples match their schemas", async () => {
    const config = await createConfig({
      extends: ['recommended'],
      rules: { 'no-invalid-media-type-examples': 'error', 'no-invalid-schema-examples': 'error' },
    });
    const problems = await lintFromString({ source: JSON.stringify(description), config });

    const found = problems.map(({ ruleId, message, location }) => ({ ruleId, message, at: location[0]?.pointer }));
    expect(found).toEqual([]);
  });

  it('gives each route of the library a summary, an example of what is not JSON or sent, a 401 and a 403', () => {
    const incomplete = operationsOfLibrary().flatMap(([name, { summary, requestBody, responses }]) => {
      const successes = Object.entries(responses).filter(([status]) => status.startsWith('2'));
      const lacking = [
        ...(summary ? [] : ['summary']),
        ...['401', '403'].filter((status) => responses[status] === undefined),
        ...withoutExample(requestBody ?? {}).map((type) => `example of the body as ${type}`),
        ...successes.flatMap(([status, response]) =>
          withoutExample(response)
            .filter((type) => type !== 'application/json')
            .map((type) => `example of ${status} as ${type}`),
        ),
        ...(successes.length === 0 ? ['success'] : []),
      ];
      return lacking.length === 0 ? [] : [{ name, lacking }];
    });

    expect(operationsOfLibrary().length).toBeGreaterThan(25);
    expect(incomplete).toEqual([]);
  });

  it('gives each refusal the same schema', () => {
    const others = Object.entries(description.paths).flatMap(([path, item]) =>
      Object.entries(item).flatMap(([method, { responses }]) =>
        Object.entries(responses)
          .filter(([status]) => status.startsWith('4'))
          .filter(([, { content }]) => content?.['application/json']?.schema?.$ref !== '#/components/schemas/Refusal')
          .map(([status]) => `${method} ${path} ${status}`),
      ),
    );

    expect(others).toEqual([]);
  });
});

describe('an answer of the library', () => {
  const strictly = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  strictly.addSchema(strict(description) as object, 'api');

  it.each([
    ['/audit/events', '/audit/events'],
    ['/audit/events/{id}', '/audit/events/:id'],
    ['/audit/events/{id}', '/audit/events/:id?include=related&include=proof&include=salt&neighbours=3'],
    ['/audit/events/{id}', '/audit/events/:alert?include=matched'],
    ['/audit/events/{id}/proof', '/audit/events/:id/proof?salt=true'],
    ['/audit/events', '/audit/events?relatedTo=:id'],
    ['/audit/events/tail', '/audit/events/tail?limit=50&after=-1'],
    ['/audit/gaps', '/audit/gaps'],
    ['/audit/resources/{type}/{id}', '/audit/resources/user/u-1'],
    ['/audit/resources/{type}/{id}', '/audit/resources/user/u-1?show=state&show=blame'],
    ['/audit/stats', '/audit/stats?by=type&interval=day'],
    ['/audit/stats/overview', '/audit/stats/overview'],
    ['/audit/stats/overview', '/audit/stats/overview?fit=true&names=true'],
    ['/audit/values', '/audit/values?field=type&prefix=user'],
    ['/audit/state', '/audit/state'],
    ['/audit/actors/{id}/profile', '/audit/actors/u-1/profile'],
    ['/audit/holds', '/audit/holds'],
    ['/audit/consumers', '/audit/consumers'],
    ['/audit/consistency', '/audit/consistency?from=0'],
    ['/audit/keys', '/audit/keys'],
  ])('matches its schema: GET %s', async (path, route) => {
    const [event] = await admin.events('type=user_login_success');
    const { body } = await eventually(async () => {
      const answer = await admin.send('GET', route.replace(':id', String(event?.id)).replace(':alert', alert.id));
      return answer.status === 200 && answer;
    });
    const place = ['paths', path, 'get', 'responses', '200', 'content', 'application/json', 'schema']
      .map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'))
      .map(encodeURIComponent)
      .join('/');
    const validate = strictly.compile({ $ref: `api#/${place}` });

    expect([validate(body), validate.errors ?? []]).toEqual([true, []]);
  });

  it.each([
    ['400', '/audit/events?unknown=1'],
    ['404', '/audit/events/01890000-0000-7000-8000-000000000000'],
    ['401', '/audit/events'],
    ['403', '/audit/events'],
  ])('matches the schema of refusals: %s', async (status, route) => {
    const client = new ApiClient(app.url);
    if (status !== '401') client.token = admin.token;
    if (status === '403') {
      const person = { email: 'ada@example.com', password: 'a long secret' };
      await client.send('POST', '/auth/register', { ...person, name: 'Ada' });
      await client.logIn(person.email, person.password);
    }
    const refused = await client.send('GET', status === '403' ? '/audit/holds' : route);
    const validate = strictly.compile({ $ref: 'api#/components/schemas/Refusal' });

    expect([String(refused.status), validate(refused.body), validate.errors ?? []]).toEqual([status, true, []]);
  });
});
