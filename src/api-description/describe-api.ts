import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { ownPackage } from '../audit/index.js';

const DESCRIPTION = `A small modular monolith whose every change is an audit event.

The routes below \`/audit\` and \`/metrics\` are those of the library nestjs-audit-ledger.`;

const TAGS = {
  audit: 'Read, export, prove, hold and erase events of the ledger',
  operation: 'Health and metrics',
  auth: 'Accounts, sessions, second factors and API keys',
  administration: 'Users, stores, settings and features, for administrators',
  orders: 'Orders and their payments',
  products: 'The catalogue',
  privacy: 'What a person can ask for',
};

/** Serves the API's description: a page at `/docs`, and OpenAPI at `/docs-json`. */
export function describeApi(app: INestApplication): void {
  const builder = new DocumentBuilder()
    .setTitle('nestjs-audit-ledger reference application')
    .setDescription(DESCRIPTION)
    .setVersion(ownPackage()?.version ?? 'unknown')
    .setLicense('MIT', 'https://spdx.org/licenses/MIT.html')
    .addServer('/', 'The application that serves this description')
    .addBearerAuth();
  for (const [name, description] of Object.entries(TAGS)) builder.addTag(name, description);
  SwaggerModule.setup('docs', app, () => completeDescription(SwaggerModule.createDocument(app, builder.build())));
}

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;
const REFUSAL = { 'application/json': { schema: { $ref: '#/components/schemas/RefusalView' } } };
const UNAUTHORIZED = { description: 'The access token is missing or invalid.', content: REFUSAL };
const INVALID = { description: 'The body, the query or the path is invalid.', content: REFUSAL };

/**
 * Adds what holds for all routes of the application: its guard refuses each route that is not public, its pipe refuses
 * invalid input, and all refusals have one shape.
 */
function completeDescription(document: OpenAPIObject): OpenAPIObject {
  for (const item of Object.values(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (operation) completeOperation(operation);
    }
  }
  return document;
}

function completeOperation(operation: Operation): void {
  const { security, responses } = operation;
  if (security === undefined || security.length === 0) operation.security = [];
  else if (security.every((each) => 'bearer' in each)) responses['401'] ??= UNAUTHORIZED;
  if (operation.requestBody !== undefined || (operation.parameters?.length ?? 0) > 0) responses['400'] ??= INVALID;
  for (const [status, response] of Object.entries(responses)) {
    if (Number(status) < 400 || response === undefined || '$ref' in response) continue;
    response.content ??= REFUSAL;
    response.description ||= 'Refused';
  }
}
