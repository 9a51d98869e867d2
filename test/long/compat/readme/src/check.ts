import 'reflect-metadata';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { setTimeout as pause } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
// @ts-ignore The README has it: test/long/compat/run.mjs writes it.
import { AppModule } from './app.module.js';

interface Page {
  readonly items: readonly {
    readonly type: string;
    readonly index?: number;
    readonly resource?: { readonly id: string };
  }[];
}

const GIVE_UP_AFTER_MS = 20_000;
const [request = '', query = ''] = process.argv.slice(2);

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
await app.listen(0, '127.0.0.1');
const { host } = new URL(await app.getUrl());
assert.deepEqual(JSON.parse(await inShell(`${request.replace('localhost:3000', host)} --silent`)), {
  id: 'order-1',
  sku: 'tea',
});
const giveUpAt = Date.now() + GIVE_UP_AFTER_MS;
for (;;) {
  const event = (JSON.parse(await inShell(query)) as Page).items.find(({ type }) => type === 'order_created');
  assert.equal(event?.resource?.id, 'order-1');
  if (event.index !== undefined) break;
  assert.ok(Date.now() < giveUpAt, 'the event was not sealed');
  await pause(50);
}
await app.close();

async function inShell(command: string): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', command]);
  return stdout;
}
