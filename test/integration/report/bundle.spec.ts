import { beforeEach, describe, expect, it } from '@jest/globals';
import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command as report } from '../../../src/rooms/report/commands/report.command.js';
import { command as verifyCommand } from '../../../src/cli/verify/verify.command.js';
import { readKeyFile } from '../../../src/monitoring/proof/signing/signing-key-file.js';
import {
  eventually,
  freshKeyFile,
  kept,
  makeSequencer,
  makeSigner,
  ORIGIN,
  runSql,
  tempFolder,
} from '../../support/index.js';
import { makeGoodLedger } from '../../support/report-scene.js';

let folder: string;

const keyFile = freshKeyFile();
const signer = await makeSigner(keyFile);
const good = await kept(makeGoodLedger(signer));
const [key = ''] = (await readKeyFile(keyFile, ORIGIN)).verifierKeys;
const [row] = await runSql(good.url, 'SELECT max(size)::text AS size FROM audit_checkpoint');
const size = String(row?.size);
beforeEach(async () => {
  folder = await tempFolder('audit-bundle-');
});
async function makeBundle(name: string): Promise<string> {
  const path = join(folder, name);
  const result = await report.run(
    ['--framework', 'soc2', '--from', '2026-01-10', '--mark', size, '--bundle', path, '--database-url', good.url],
    { AUDIT_SIGNING_KEY_FILE: keyFile, AUDIT_LEDGER_ORIGIN: ORIGIN },
  );
  expect(result).toMatchObject({ exitCode: 0 });
  return path;
}

const verify = (path: string) => verifyCommand.run([path, '--key', key]);

async function contentsOf(path: string): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(path)).toSorted();
  const contents = await Promise.all(names.map(async (name) => [name, await readFile(join(path, name), 'utf8')]));
  return Object.fromEntries(contents) as Record<string, string>;
}

describe('a bundle of a report', () => {
  it('is the same, byte for byte, when it is made twice of the same checkpoint', async () => {
    let nth = 0;
    // Logins belong to the whole server, and a report names them: logins of other specs come and go.
    const contents = await eventually(async () => {
      const [one, other] = [await makeBundle(`one-${++nth}`), await makeBundle(`other-${nth}`)];
      const made = await contentsOf(one);
      return JSON.stringify(made) === JSON.stringify(await contentsOf(other)) && made;
    });
    expect(Object.keys(contents)).toEqual([
      ...['README.txt', 'bundle.manifest', 'checkpoint.note', 'evidence.html', 'report.html', 'report.json'],
      ...['samples.jsonl', 'samples.jsonl.manifest', 'verifier.key'],
    ]);
  });

  it('is checked offline by verify, which names what was changed', async () => {
    const path = await makeBundle('bundle');
    const sound = await verify(path);
    expect(sound).toMatchObject({ exitCode: 0, output: expect.stringMatching(/proven: (\d\d+) of \1 events/) });
    await appendFile(join(path, 'report.json'), ' ');
    await writeFile(join(path, 'checkpoint.note'), 'another');
    const tampered = await verify(path);
    expect(tampered).toMatchObject({ exitCode: 1 });
    expect(tampered.output).toMatch(/checkpoint\.note has another SHA-256\nreport\.json has another SHA-256/);
    await rm(join(path, 'report.html'));
    expect((await verify(path)).output).toContain('report.html is missing');
  });

  it('has evidence with a verifier that needs no network', async () => {
    const { 'evidence.html': page = '' } = await contentsOf(await makeBundle('bundle'));
    expect(page).toContain('nestjs-audit-ledger/evidence@v1');
    expect(page.length).toBeGreaterThan(20_000);
    expect(page).not.toMatch(/<script[^>]+src=/);
  });

  it('is recorded as an export of the log', async () => {
    await makeBundle('bundle');
    const { sequencer } = makeSequencer(good.url, signer);
    await sequencer.run();
    await sequencer.close();
    const [row] = await runSql(
      good.superuserUrl,
      `SELECT actor_type, resource_type, resource_id FROM audit_event WHERE type = 'audit_log_exported' ORDER BY id DESC LIMIT 1`,
    );
    expect(row).toEqual({ actor_type: 'admin', resource_type: 'audit_report', resource_id: 'soc2' });
  });
});
