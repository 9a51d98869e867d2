import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { get as httpGet, type IncomingMessage, type RequestOptions } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { Module, type DynamicModule, type INestApplication, type Type } from '@nestjs/common';
import fastifyHelmet from '@fastify/helmet';
import helmet from 'helmet';
import { AuditModule } from '../../src/audit/index.js';
import { MonitoringModule } from '../../src/monitoring/index.js';
import { AuditViewerModule, type AuditViewerOptions } from '../../src/extensions/viewer/index.js';
import { VIEWER_POLICY } from '../../src/extensions/viewer/audit-viewer.controller.js';
import { readViewerFiles } from '../../src/extensions/viewer/viewer-files.js';
import { freshKeyFile, tempFolder, testDatabase, keptApp, closeEach } from '../support/index.js';
import { type Adapter, listen, MAIN_ADAPTERS } from '../support/http-app.js';

const signingKeyFile = freshKeyFile();

const authorize = (request: unknown) =>
  (request as IncomingMessage).headers.cookie === 'session=ada' && { scope: 'all' as const };

const database = await testDatabase();

function ledger(): DynamicModule[] {
  const useFactory = () => ({ connectionUrl: database.url, authorize, signingKeyFile });
  return [AuditModule.forRoot({ spillDir: false }), MonitoringModule.forRootAsync({ useFactory })];
}

function applicationWith(options: AuditViewerOptions): Type {
  @Module({ imports: [...ledger(), AuditViewerModule.forRoot(options)] })
  class ViewerApplication {}
  return ViewerApplication;
}

interface Loaded {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** `fetch` decodes the answer; Node's own client does not. */
async function get(url: string, headers: NonNullable<RequestOptions['headers']> = {}): Promise<Loaded> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    httpGet(url, { headers }, resolve).on('error', reject);
  });
  const body = Buffer.concat(await response.toArray());
  return { status: response.statusCode, headers: response.headers, body };
}

const files = readViewerFiles();
const [script = ''] = [...files.assets.keys()].filter((name) => /^index\..*\.js$/.test(name));

async function addHelmet(app: INestApplication, adapter: Adapter): Promise<void> {
  if (adapter === 'express') app.use(helmet());
  // Its types are those of Fastify alone.
  else await (app as unknown as { register(plugin: unknown): Promise<unknown> }).register(fastifyHelmet);
}

const rows = await closeEach(MAIN_ADAPTERS, (adapter) =>
  keptApp(listen(applicationWith({}), adapter, (app) => addHelmet(app, adapter))),
);

describe.each(rows)('the files of the viewer, on $adapter', (running) => {
  const at = (path: string, headers = {}) => get(running.url + path, headers);
  const ADA = { cookie: 'session=ada' };

  it('are for those who may read the ledger', async () => {
    for (const path of ['/audit/ui', `/audit/ui/${script}`]) {
      const refused = await at(path);
      expect(refused.status).toBe(403);
      expect(refused.headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': VIEWER_POLICY,
        'cache-control': 'no-store',
      });
      expect(refused.body.toString()).toContain('You may not see this audit log');
      expect((await at(path, ADA)).status).toBe(200);
    }
  });

  it('have the strict policy, also behind helmet', async () => {
    for (const path of ['/audit/ui', `/audit/ui/${script}`]) {
      expect((await at(path, ADA)).headers).toMatchObject({
        'content-security-policy': VIEWER_POLICY,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      });
    }
  });

  it('are one page without an inline script or style, whose addresses are whole', async () => {
    const { body, headers } = await at('/audit/ui', ADA);
    const page = body.toString().replaceAll(/\s+/g, ' ');
    expect(headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'private, no-cache' });
    expect(page).toContain('data-api="/audit" data-login="" data-logout="" data-shell="guarded"');
    expect(page).not.toMatch(/\{\{|<style|<script[^>]*>[^<]|\son\w+=|\sstyle=/);
    for (const [, address = ''] of page.matchAll(/(?:src|href)="(?!data:)([^"]*)"/g)) {
      expect(address).toMatch(/^\/audit\/ui\/[\w.-]+$/);
      expect((await at(address, ADA)).status).toBe(200);
    }
  });

  it.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
    ['identity', (body: Buffer) => body],
  ] as const)('are sent as %s', async (encoding, decode) => {
    const { headers, body } = await at(`/audit/ui/${script}`, { ...ADA, 'accept-encoding': encoding });
    expect(headers['content-encoding']).toBe(encoding === 'identity' ? undefined : encoding);
    expect(headers).toMatchObject({
      vary: 'Accept-Encoding, Origin',
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'private, max-age=31536000, immutable',
      'content-length': String(body.length),
    });
    const digest = createHash('sha256').update(decode(body)).digest('base64url');
    expect(headers.etag).toBe(`"${digest.slice(0, 22)}"`);
  });

  it.each(['/audit/ui', `/audit/ui/${script}`])('are not sent again when they are unchanged: %s', async (path) => {
    const { etag = '' } = (await at(path, ADA)).headers;
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      expect(await at(path, { ...ADA, 'if-none-match': known })).toMatchObject({ status: 304, body: Buffer.alloc(0) });
    }
    expect((await at(path, { ...ADA, 'if-none-match': '"other"' })).status).toBe(200);
  });

  it.each(['unknown.js', 'manifest.json', 'index.html', '..%2fpackage.json', '%2e%2e%2fmanifest.json', 'constructor'])(
    'are only those of the build: %s is 404',
    async (name) => {
      expect((await at(`/audit/ui/${name}`, ADA)).status).toBe(404);
    },
  );
});

describe.each(MAIN_ADAPTERS)('a log-in page, on %s', (adapter) => {
  it('gets a browser without a session, and leads back', async () => {
    const { app, url } = await listen(applicationWith({ loginPage: '/log-in', basePath: 'ops' }), adapter);
    const { status, headers } = await get(`${url}/audit/ui`);
    await app.close();
    expect(status).toBe(302);
    expect(headers.location).toBe('/ops/log-in?returnTo=%2Fops%2Faudit%2Fui');
  });
});

describe('the options of the viewer', () => {
  it.each<[AuditViewerOptions, RegExp]>([
    [{ path: 'audit/:ui' }, /path is "audit\/:ui", not a path/],
    [{ path: '' }, /path is "", not a path/],
    [{ basePath: 'https://example.com' }, /basePath is/],
    [{ api: '/audit/../x y' }, /api is/],
    [{ shell: 'open' as 'public' }, /shell is "open", not guarded or public/],
    [{ logIn: '/auth/login' }, /logIn is \/auth\/login, but shell is guarded/],
    [{ shell: 'public', loginPage: '/log-in' }, /loginPage is \/log-in, but shell is public/],
    [{ shell: 'public', logOut: '/log-out' }, /logOut is \/log-out, but logIn is absent/],
    [{ basepath: '/ops' } as object, /did you mean basePath/],
  ])('are refused when they are wrong: %j', (options, expected) => {
    expect(() => AuditViewerModule.forRoot(options)).toThrow(
      expect.objectContaining({ code: 'AUDIT_OPTIONS_INVALID' }),
    );
    expect(() => AuditViewerModule.forRoot(options)).toThrow(expected);
  });

  it('stop the start without a build', async () => {
    const folder = await tempFolder('viewer-');
    expect(() => readViewerFiles(folder)).toThrow(expect.objectContaining({ code: 'AUDIT_VIEWER_NOT_BUILT' }));
    expect(() => readViewerFiles(folder)).toThrow(/Install the package again/);
  });
});
