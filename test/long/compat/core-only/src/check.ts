import 'reflect-metadata';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { NestFactory } from '@nestjs/core';
import type { AuditEvent } from 'nestjs-audit-ledger';
import { InMemoryAuditProvider } from 'nestjs-audit-ledger/testing';
import { AppModule } from './app.module.js';

const NOT_INSTALLED = ['pg', 'typeorm', '@nestjs/schedule'];

for (const name of NOT_INSTALLED) await assert.rejects(import(name), { code: 'ERR_MODULE_NOT_FOUND' });

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
await app.listen(0, '127.0.0.1');
const url = await app.getUrl();
const headers = { 'content-type': 'application/json' };
const created = await fetch(`${url}/orders`, { method: 'POST', headers, body: JSON.stringify({ id: 'o-1' }) });
assert.equal(created.status, 201, await created.text());
const events = (await (await fetch(`${url}/orders/timeline`)).json()) as AuditEvent[];
assert.deepEqual(
  events.map(({ type, resource, request }) => [type, resource?.id, request?.method]),
  [['order_created', 'o-1', 'POST']],
);
await app.close();
assert.equal(typeof InMemoryAuditProvider, 'function');

// What is missing is named where it is asked for.
const monitoring: string = 'nestjs-audit-ledger/monitoring';
await assert.rejects(import(monitoring), ({ message }: Error) =>
  NOT_INSTALLED.some((name) => message.includes(`'${name}'`)),
);
const command = spawnSync('node_modules/.bin/nestjs-audit-ledger', ['migrate'], { encoding: 'utf8' });
assert.equal(command.status, 2);
assert.equal(
  command.stderr,
  'Cannot run nestjs-audit-ledger migrate: the package pg is not installed. Run npm install pg.\n',
);
