import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { ownPackage } from '../audit/index.js';
import { completeDescription } from './complete-description.js';

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
