import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { ownPackage } from '../../audit/nest-free.js';
import { describeLedger } from '../../monitoring/index.js';
import { apiTypes } from './api-types.generated.js';

const DESCRIPTION = `A small modular monolith whose every change is an audit event.

The routes below \`/audit\` and \`/metrics\` are those of the library nestjs-audit-ledger.`;

const API_KEY = 'The key that `POST /auth/me/api-keys` returns. It has the rights of its owner.';

const TAGS = {
  audit: 'Read, export, prove, hold and erase events of the ledger',
  operation: 'Health and metrics',
  auth: 'Accounts, sessions and API keys',
  administration: 'Users and stores, for administrators',
  orders: 'Orders and their payments',
  products: 'The catalogue',
  privacy: 'Export and deletion of personal data',
};

/** Serves the description of the API: a page at `/docs`, and the OpenAPI document at `/docs-json`. */
export async function describeApi(app: INestApplication): Promise<void> {
  await SwaggerModule.loadPluginMetadata(apiTypes);
  const builder = new DocumentBuilder()
    .setTitle('nestjs-audit-ledger reference application')
    .setDescription(DESCRIPTION)
    .setVersion(ownPackage()?.version ?? 'unknown')
    .setLicense('MIT', 'https://spdx.org/licenses/MIT.html')
    .addServer('/', 'The application that serves this description')
    .addBearerAuth()
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-Api-Key', description: API_KEY }, 'apiKey');
  for (const [name, description] of Object.entries(TAGS)) builder.addTag(name, description);
  SwaggerModule.setup('docs', app, () =>
    withApiKeys(describeLedger(app, completeDescription(SwaggerModule.createDocument(app, builder.build())))),
  );
}

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;
const REFUSAL = { 'application/json': { schema: { $ref: '#/components/schemas/Refusal' } } };
const BEARER = [{ bearer: [] }];
const UNAUTHORIZED = { description: 'The access token or the API key is missing or invalid.' };
const INVALID = { description: 'The body, the query or the path is invalid.' };
const NOT_FOUND = { description: 'The id does not exist.' };
const FORBIDDEN = { description: 'The caller lacks the roles in `x-roles`.' };
const TOO_MANY = { description: 'Too many requests came from this address.' };

function completeDescription(document: OpenAPIObject): OpenAPIObject {
  for (const [path, operation] of operationsOf(document)) completeOperation(operation, path);
  return document;
}

/** Every route that accepts an access token accepts an API key, too, unless it is for sessions only. */
function withApiKeys(document: OpenAPIObject): OpenAPIObject {
  for (const [, operation] of operationsOf(document)) {
    const { security = [] } = operation;
    const isSessionOnly = 'x-session-only' in operation && operation['x-session-only'] === true;
    if (!isSessionOnly && security.some((each) => 'bearer' in each)) operation.security = [...security, { apiKey: [] }];
  }
  return document;
}

function operationsOf({ paths }: OpenAPIObject): readonly (readonly [path: string, operation: Operation])[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => (item[method] === undefined ? [] : [[path, item[method]] as const])),
  );
}

function completeOperation(operation: Operation, path: string): void {
  const { responses } = operation;
  const isPublic = operation.security?.some((each) => 'public' in each) ?? false;
  operation.security = isPublic ? [] : (operation.security ?? BEARER);
  if (!isPublic && operation.security.every((each) => 'bearer' in each)) responses['401'] ??= UNAUTHORIZED;
  if (operation.requestBody !== undefined || (operation.parameters?.length ?? 0) > 0) responses['400'] ??= INVALID;
  if (path.includes('{id}')) responses['404'] ??= NOT_FOUND;
  if ('x-roles' in operation) responses['403'] ??= FORBIDDEN;
  if ('x-rate-limited' in operation) responses['429'] ??= TOO_MANY;
  for (const [status, response] of Object.entries(responses)) {
    if (Number(status) < 400 || response === undefined || '$ref' in response) continue;
    response.description ||= 'Refused';
    responses[status] = { content: REFUSAL, ...response }; // a copy, because several routes share one description object
  }
}
