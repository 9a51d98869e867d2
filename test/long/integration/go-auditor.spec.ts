import { beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { guideScript, runGuideScript, type ScriptRun } from '../../support/guide-scripts.js';
import {
  ApiClient,
  freshKeyFile,
  closeAfterTests,
  settled,
  tempFolder,
  testDatabase,
  withClient,
} from '../../support/index.js';
import { isLeftOut } from '../../support/installed-servers.js';
import { ADMIN, startReferenceApp } from '../../support/reference-app.js';

function goProgram(): string | undefined {
  if (!existsSync('/usr/share/gocode/src/golang.org/x/mod')) return undefined;
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, 'go')).find((path) => existsSync(path));
}

const GUIDE = 'docs/reference/integrity-formats.md';
const ofGo = isLeftOut('Go with golang.org/x/mod', goProgram()) ? describe.skip : describe;
/** Debian installs golang.org/x/mod in this GOPATH, so the build needs no network. */
const GO = { GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOFLAGS: '-p=1', HOME: tmpdir() };

const database = await testDatabase();
const folder = await tempFolder('audit-go-');
const keyFile = freshKeyFile();
const app = await closeAfterTests(startReferenceApp(database.url, { AUDIT_SIGNING_KEY_FILE: keyFile }));
const admin = new ApiClient(app.url);
await admin.logIn(ADMIN.email, ADMIN.password);

ofGo('an auditor with a program of Go that knows x/mod alone', () => {
  beforeAll(async () => {
    await settled(database);
    await writeFile(join(folder, 'kept.note'), await download('checkpoint'));
    await admin.send('POST', '/audit/holds', { reason: 'case 17 <é & "ü">', actorId: 'u-1' });
    for (let nth = 0; nth < 270; nth++) await admin.send('GET', `/audit/events?limit=1&resourceId=${nth}`);
    await settled(database);
    await copyFile(keyFile, join(folder, 'signing.key'));
    await copyFile('scripts/independent/audit_ledger.go', join(folder, 'audit_ledger.go'));
    const parts = await withClient(database.superuserUrl, async (client) => {
      const [settings = '', query = ''] = (await personalPartsSql()).split(/(?<=;)\n/);
      await client.query(settings);
      return (await client.query<{ part: object }>(query)).rows;
    });
    await writeFile(join(folder, 'personal.jsonl'), parts.map(({ part }) => `${JSON.stringify(part)}\n`).join(''));
  });

  async function download(path: string): Promise<string> {
    const headers = { authorization: `Bearer ${String(admin.token)}` };
    return (await fetch(`${app.url}/audit/${path}`, { headers })).text();
  }

  async function audit(application = app.url): Promise<ScriptRun> {
    const script = await guideScript(GUIDE, 'audit-with-go');
    const environment = { ...GO, GOCACHE: join(tmpdir(), 'audit-go-cache'), TOKEN: String(admin.token) };
    return runGuideScript(script, folder, { ...environment, APPLICATION: application });
  }

  it('verifies all that the guide says, by the guide’s own script', async () => {
    const { code, output } = await audit();
    expect(output).not.toContain('WRONG');
    expect(code).toBe(0);
    expect(output).toMatch(/checkpoint: size \d{3,}, signed/);
    expect(output).toMatch(/consistency: the kept checkpoint of size \d+ is a part of it/);
    expect(output).toMatch(/entries: \d{3,}, each in its place/);
    expect(output).toContain('inclusion: the first entry, by its proof\ninclusion: the last entry, by its proof');
    expect(output).toMatch(/acts: 1, each signed/);
    expect(output).toMatch(/personal parts: \d{3,}, each the one that was committed to/);
  });

  it.each([
    [
      'a personal part',
      'personal.jsonl',
      /personal":\s*\{/,
      'personal":{"/x":"y",',
      'is not the one that was committed to',
    ],
    ['the checkpoint that was kept', 'kept.note', /\n\d+\n/, '\n7\n', 'WRONG'],
  ])(
    'fails where %s differs',
    async (_what, file, from, to, said) => {
      const path = join(folder, file);
      const text = await readFile(path, 'utf8');
      await writeFile(path, text.replace(from, to));
      const { code, output } = await audit();
      await writeFile(path, text);
      expect(output).toContain(said);
      expect(code).toBe(1);
    },
    120_000,
  );

  it('fails where a leaf was changed in its tile', async () => {
    const flip = `UPDATE audit_tile SET hashes = set_byte(hashes, 40, 255 - get_byte(hashes, 40)) WHERE level = 0 AND index = 0`;
    await database.superuserSql(flip);
    const { code, output } = await audit();
    await database.superuserSql(flip);
    expect(output).toContain('WRONG');
    expect(code).toBe(1);
  });

  it('says which bundle is not served, as after a retirement, and checks the others', async () => {
    const proxy = createServer((request, response) => {
      if (request.url === '/audit/tile/entries/000') return void response.writeHead(404).end();
      const headers = { authorization: String(request.headers.authorization) };
      void fetch(`${app.url}${String(request.url)}`, { headers }).then(async (answer) =>
        response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer())),
      );
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const { code, output } = await audit(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`); // of a TCP server
    proxy.close();
    expect(output).toContain('NOT READ: the bundle of index 0 is not served, and no act of retirement that was read');
    expect(output).toMatch(/entries: [1-9]\d*, each in its place\ninclusion: the last entry/);
    expect(output).toMatch(/personal parts: [1-9]\d*, each/);
    expect(output).not.toContain('WRONG');
    expect(code).toBe(2);
  });

  it('reads the golden vectors', async () => {
    const output = await new Promise<string>((done) => {
      const args = ['run', resolve('scripts/independent/verify_vectors.go'), resolve('test/vectors')];
      const env = { ...process.env, ...GO, GOCACHE: join(tmpdir(), 'audit-go-cache') };
      execFile('go', args, { env }, (_error, out, errors) => done(out + errors));
    });
    expect(output).toMatch(/^golang\.org\/x\/mod\/sumdb agrees: \d{3,} checks\n$/);
  });
});

async function personalPartsSql(): Promise<string> {
  const found = /```sql\n\s*-- personal-parts\n([^]*?)```/.exec(await readFile(GUIDE, 'utf8'));
  return (found?.[1] ?? '').trim();
}
