import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from '@jest/globals';
import ts from 'typescript';
import type { CustomDestination, StreamOptions } from '../../../src/extensions/streams/index.js';
import { ApiClient, eventually, freshKeyFile, closeAfterTests, tempFolder, testDatabase } from '../../support/index.js';
import { HttpReceiver } from '../../support/http-receiver.js';
import { addSealed, passed, startStreamApp } from '../../support/stream-app.js';

const GUIDE = 'docs/guides/streams.md';
const TOKEN = 'T0SXCV4B2/9hTzWqLrKx3mVnPd';

interface Shown {
  readonly about: { readonly destination: string };
  readonly lastError: string | null;
}

const guide = await readFile(GUIDE, 'utf8');
const [, code = ''] = /```ts\n(\/\/ chat\.destination\.ts\n[^]*?)```/.exec(guide) ?? [];
const folder = await tempFolder('audit-chat-');
const { outputText } = ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022 } });
await mkdir(join(folder, 'node_modules'));
await symlink(resolve('.'), join(folder, 'node_modules/nestjs-audit-ledger'));
await symlink(resolve('node_modules/zod'), join(folder, 'node_modules/zod'));
await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
await writeFile(join(folder, 'chat.destination.js'), outputText);
const { chat } = (await import(pathToFileURL(join(folder, 'chat.destination.js')).href)) as {
  readonly chat: (options: object) => CustomDestination;
};
Reflect.deleteProperty(globalThis, Symbol.for('nestjs-audit-ledger:copies')); // the build, which later specs of this process need not name

let isBroken = true;
const texts: string[] = [];
const receiver = await closeAfterTests(
  new HttpReceiver(({ url, body }) => {
    if (isBroken) return { status: 500, body: `no room ${url.pathname}` };
    texts.push((JSON.parse(body) as { text: string }).text);
    return { status: 200 };
  }).start(),
);
const url = `${receiver.url}/services/${TOKEN}`;

const database = await testDatabase();
const app = await closeAfterTests(
  start([
    { name: 'chat', destination: chat({ url }), personal: 'omit', batch: { maxEvents: 7 } },
    { name: 'away', destination: chat({ url: 'http://away.invalid' }), personal: 'omit' },
  ]),
);
const client = new ApiClient(app.url);
await addSealed(database, 40);

function start(streams: readonly StreamOptions[]): ReturnType<typeof startStreamApp> {
  return startStreamApp(database, freshKeyFile(), streams, {
    authorize: (_request, permission) => ({ scope: 'all', permission }),
  });
}

async function show(name: string): Promise<Shown> {
  return (await client.send<Shown>('GET', `/audit/consumers/${name}`)).body;
}

it('an own destination that cannot be reached is shown with the cause', async () => {
  await eventually(async () => (await show('away')).lastError?.includes('fetch failed: getaddrinfo '));
});

it('an own destination that throws is retried, its secrets are masked, and each event arrives once, in order', async () => {
  const { lastError, about } = await eventually(async () => {
    const shown = await show('chat');
    return typeof shown.lastError === 'string' && shown;
  });
  expect([about.destination, lastError]).toEqual(['chat', expect.stringContaining('it answered 500: no room')]);
  expect(lastError).not.toContain(TOKEN.slice(4, 14));

  isBroken = false;
  await passed(database, 'chat');
  const sealed = await database.sql('SELECT event_id FROM audit_leaf ORDER BY index');
  const sent = texts.flatMap((text) => text.split('\n').slice(1)).map((line) => /\((.*)\)$/.exec(line)?.[1]);
  expect(sent).toEqual(sealed.slice(0, sent.length).map((row) => row.event_id));
  expect(sent.length).toBeGreaterThanOrEqual(40);
});

it('an own destination is refused at boot for wrong options', async () => {
  const destination = chat({ url: 'nowhere', mentoin: '@ops' });
  await expect(start([{ name: 'wrong', destination, personal: 'omit' }])).rejects.toThrow(
    'streams[0].destination.mentoin is an unknown option (did you mean mention?); streams[0].destination.url: Invalid URL',
  );
});
