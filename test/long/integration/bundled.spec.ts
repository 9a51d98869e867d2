import { execFile } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { startAppProcess } from '../../support/app-process.js';
import { eventually, tempFolder, testDatabase } from '../../support/index.js';

/** The bundler renames the classes of the application and the library. JavaScript code must call decorators by hand. */
const MAIN = `import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuditAggregator, AuditModule } from 'nestjs-audit-ledger';
import { MonitoringModule } from 'nestjs-audit-ledger/monitoring';

const { CONNECTION_URL: connectionUrl } = process.env;

class AppModule {}
Module({
  imports: [
    AuditModule.forRoot({ spillDir: 'spill' }),
    MonitoringModule.forRootAsync({
      useFactory: () => ({ connectionUrl, authorize: () => ({ scope: 'all' }) }),
    }),
  ],
})(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
await app.get(AuditAggregator).record('order_created', { actor: { type: 'user', id: 'u-1' } });
console.log('class: ' + AuditAggregator.name);
console.log('Listening on ' + (await app.getUrl()));
`;

const database = await testDatabase();
const folder = await tempFolder('audit-bundle-');
await symlink(resolve('node_modules'), join(folder, 'node_modules'));
await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
await writeFile(join(folder, 'main.js'), MAIN);
await promisify(execFile)(process.execPath, ['test/support/bundle-application.mjs', folder]);

const start = (role: string) =>
  startAppProcess(folder, { CONNECTION_URL: database.url, AUDIT_ROLE: role }, join(folder, 'bundle/main.js'));

it('the library in a bundle of which the names are shortened records', async () => {
  const app = await start('web');
  expect(app.output()).not.toContain('class: AuditAggregator'); // or the names are not shortened
  await eventually(async () => (await database.sql('SELECT FROM audit_inbox')).length === 1);
  await app.end('SIGTERM');
});

it('the library in a bundle does not start where it would have to seal', async () => {
  await expect(start('both')).rejects.toThrow(/Cannot seal in this process: .* Leave the package out of your bundle/);
});
