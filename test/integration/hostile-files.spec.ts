import { spawnSync } from 'node:child_process';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from '@jest/globals';
import { command } from '../../src/cli/verify/verify.command.js';
import { generateKeyPair } from '../../src/monitoring/proof/log/notes/note-key.js';
import { readContextKey } from '../../src/audit/row-context/context-key.js';
import { readKeyName } from '../../src/cli/connection/key-settings.js';
import { readJsonOption } from '../../src/cli/parse-json-object.js';
import { readRetentionFile } from '../../src/monitoring/keep/lifecycle/retention/retention-file.js';
import { readKeyFile } from '../../src/monitoring/proof/signing/signing-key-file.js';
import { readRuleFiles } from '../../src/extensions/alerts/rules/rule-document.js';
import { tempFolder } from '../support/index.js';
import { runBuilt } from '../support/run-command.js';

const { verifierKey } = generateKeyPair('example.com/log');
const folder = await tempFolder('audit-hostile-');
const at = (name: string) => join(folder, name);

async function verify(...args: readonly string[]): Promise<{ readonly exitCode: number; readonly text: string }> {
  const { exitCode, output = '', errors = '' } = await command.run([...args, '--key', verifierKey], {});
  return { exitCode, text: output + errors };
}

async function put(name: string, content: string | Buffer): Promise<string> {
  await mkdir(dirname(at(name)), { recursive: true });
  await writeFile(at(name), content);
  return at(name);
}

/** A gigabyte, of which the disk has nothing. */
async function putHuge(name: string): Promise<string> {
  const path = await put(name, '');
  await truncate(path, 2 ** 30);
  return path;
}

async function putPipe(name: string): Promise<string> {
  await mkdir(dirname(at(name)), { recursive: true });
  spawnSync('mkfifo', [at(name)]);
  return at(name);
}

const CHECKPOINT = `example.com/log\n1\n${Buffer.alloc(32).toString('base64')}\n\n— example.com/log ${Buffer.alloc(68).toString('base64')}\n`;
const event = await put('event.json', '{"id":"x"}');
const proof = await put('event.tlog-proof', 'c2sp.org/tlog-proof@v1\nindex 0\n\nx');

it.each<[string, (text: string) => Buffer]>([
  ['UTF-8 with a mark', (text) => Buffer.from(`\ufeff${text}`)],
  ['UTF-16, as PowerShell writes it', (text) => Buffer.from(`\ufeff${text}`, 'utf16le')],
  ['UTF-16 of the other order', (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
])('the library and its commands read files from Windows: %s', async (name, encode) => {
  const file = async (text: string): Promise<string> => put(`${name}.yml`, encode(text.replaceAll('\n', '\r\n')));
  const { signingKey } = generateKeyPair('example.com/log');
  const keys = await readKeyFile(await file(`# old and new\n${signingKey}\n`), 'example.com/log');
  expect(keys.verifierKeys).toHaveLength(1);
  expect(readKeyName(at(`${name}.yml`))).toBe('example.com/log');
  expect(readContextKey({ keyFile: await file(`${'k'.repeat(32)}\n`) })).toBe('k'.repeat(32));
  expect(await readRetentionFile(await file('{ "days":\n30 }'))).toEqual({ days: 30 });
  const refuse = (problem: string): never => {
    throw new Error(problem);
  };
  expect(await readJsonOption('--tables', await file('{ "orders":\n{} }'), refuse)).toEqual({ orders: {} });
  const problems: string[] = [];
  const [rule] = readRuleFiles([await file('title: Ünïcode\nlevel: high\n')], problems);
  expect([rule?.value, problems]).toEqual([{ title: 'Ünïcode', level: 'high' }, []]);
});

it('a command reads the .env that PowerShell wrote', async () => {
  await put('.env', Buffer.from('\ufeffDATABASE_URL=mysql://here\r\n', 'utf16le'));
  const { errors } = await runBuilt(['query'], { cwd: folder, env: {} });
  expect(errors).toContain('DATABASE_URL is not a PostgreSQL address');
});

it('verify refuses files of a gigabyte by their names, without reading them', async () => {
  await putHuge('huge/checkpoint');
  await put('entries/checkpoint', CHECKPOINT);
  await putHuge('entries/tile/entries/000.p/1');
  const huge = await putHuge('huge.file');
  const calls = [
    ['--from', at('huge')],
    ['--from', at('entries')],
    [huge, proof],
    [event, huge],
    [event, '--checkpoint', huge],
    [event, '--manifest', huge],
    [event, proof, '--key', huge],
  ];
  for (const args of calls) {
    const { exitCode, text } = await verify(...args);
    expect([args, exitCode, text]).toEqual([
      args,
      2,
      expect.stringMatching(/(huge|entries)\S*:? (it )?is larger than/),
    ]);
  }
});

it('verify refuses a pipe in the place of a file: it might never end', async () => {
  await put('folder/checkpoint', CHECKPOINT);
  await putPipe('folder/tile/entries/000.p/1');
  await put('copies/a.jsonl', '');
  const pipe = await putPipe('a.pipe');
  for (const args of [[pipe, proof], [event, pipe], [pipe], [event, '--manifest', pipe], ['--from', at('folder')]]) {
    const { exitCode, text } = await verify(...args);
    expect([args, exitCode, text]).toEqual([args, 2, expect.stringContaining('is not a regular file')]);
  }
});

it('verify refuses an event whose details are nested 200,000 deep', async () => {
  const deep = await put('deep.json', `{"id":"x","details":${'['.repeat(200_000)}${']'.repeat(200_000)}}`);
  expect(await verify(deep, proof)).toMatchObject({ exitCode: 2, text: expect.stringContaining('nested deeper than') });
});

it('verify does not read on in the copy of a stream whose lines are not batches', async () => {
  const selection = { personal: 'include' };
  const batch = { id: 'a', stream: 's', first: 0, last: 0, selection, events: [], gaps: [] };
  const copy = await put('copy.jsonl.gz', gzipSync(`${JSON.stringify(batch)}\n${'x\n'.repeat(500_000)}`));
  const { text } = await verify(copy);
  expect(Number(/and (\d+) (?:more|other)/.exec(text)?.[1])).toBeLessThan(20_000);
});
