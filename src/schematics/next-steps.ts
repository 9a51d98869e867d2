import type { AddedAddress } from './add-settings.js';
import type { DecoratedRoute } from './edit-source.js';
import type { Application } from './find-application.js';

/** Lists what the schematic found and did, and what to do next. */
export function nextSteps(
  application: Application,
  { variable, isGuessed }: AddedAddress,
  route: Pick<DecoratedRoute, 'route' | 'event'> | undefined,
): string {
  const { nestMajor, platform, modules, orm, testRunner } = application;
  const found = [`Nest ${nestMajor}`, platform, modules, ...[orm, testRunner].filter((part) => part !== undefined)];
  const example = route
    ? `Start the application and request ${route.route}: npx nestjs-audit-ledger query shows the event ${route.event}.`
    : "Put @Audited('order_creation') on a route, start the application and call it: npx nestjs-audit-ledger query shows the event.";
  const steps = [
    ...(isGuessed ? [`Correct ${variable} in .env: the address of your PostgreSQL.`] : []),
    'Create the tables: npx nestjs-audit-ledger migrate --schema audit',
    example,
    'Prove that nothing was changed: npx nestjs-audit-ledger verify',
    `Say who may read the ledger over HTTP: ${application.sourceRoot}/audit/access-of.ts`,
    ...(orm ? ['Use @AuditedTransaction on routes that write: the event then commits together with the change.'] : []),
    platform === 'Fastify'
      ? 'Behind a proxy: new FastifyAdapter({ trustProxy: 1 }), so that events have the address of the client.'
      : "Behind a proxy: app.set('trust proxy', 1), so that events have the address of the client.",
    ...(testRunner
      ? [`Tests in ${testRunner} that need no database: AuditTestingModule of nestjs-audit-ledger/testing.`]
      : []),
    'Before production: npx nestjs-audit-ledger doctor says what is left to do.',
  ];
  return [
    `Added nestjs-audit-ledger (${found.join(', ')}). Next:`,
    ...steps.map((step, n) => `${n + 1}. ${step}`),
  ].join('\n');
}
