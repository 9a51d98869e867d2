import { execFile } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { startAppProcess } from '../../support/app-process.js';
import { eventually, freshKeyFile, tempFolder, testDatabase } from '../../support/index.js';

/** The bundler renames the classes of the application and the library. JavaScript code must call decorators by hand. */
const MAIN = `import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { AuditAggregator, AuditModule } from 'nestjs-audit-ledger';
import { MonitoringModule } from 'nestjs-audit-ledger/monitoring';

const { CONNECTION_URL: connectionUrl, KEY_FILE: signingKeyFile } = process.env;

class AppModule {}
Module({
  imports: [
    ScheduleModule.forRoot(),
    AuditModule.forRoot({ spillDir: 'spill' }),
    MonitoringModule.forRootAsync({
      useFactory: () => ({ connectionUrl, signingKeyFile, authorize: () => ({ scope: 'all' }) }),
    }),
  ],
})(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
await app.get(AuditAggregator).record('order_created', { actor: { type: 'user', id: 'u-1' } });
console.log('timers: ' + app.get(SchedulerRegistry).getIntervals().join(' '));
console.log('class: ' + AuditAggregator.name);
console.log('Listening on ' + (await app.getUrl()));
`;

const database = await testDatabase();
const folder = await tempFolder('audit-bundle-');
await symlink(resolve('node_modules'), join(folder, 'node_modules'));
await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
await writeFile(join(folder, 'main.js'), MAIN);
await promisify(execFile)(process.execPath, ['test/support/bundle-application.mjs', folder]);

it('the library in a bundle of which the names are shortened records, seals, and has its timers in the registry of @nestjs/schedule', async () => {
  const app = await startAppProcess(
    folder,
    { CONNECTION_URL: database.url, KEY_FILE: freshKeyFile() },
    join(folder, 'bundle/main.js'),
  );
  expect(app.output()).not.toContain('class: AuditAggregator'); // or the names are not shortened
  expect(app.output()).toMatch(/timers: .*audit-ledger-self-check .*audit-ledger-retention/);
  await eventually(async () => {
    const rows = await database.sql(
      `SELECT FROM audit_event JOIN audit_leaf ON event_id = id WHERE type = 'order_created'`,
    );
    return rows.length === 1;
  });
  await app.end('SIGTERM');
});
