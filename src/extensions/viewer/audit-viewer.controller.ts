import { Get, Inject, NotFoundException, Param, Req, Res, StreamableFile, type Type } from '@nestjs/common';
import { ACCESS_OPTIONS, parseAccess, type AccessOptions } from '../../monitoring/read/access/ledger-access.js';
import { HiddenController } from '../../monitoring/http/openapi/ledger-controller.decorator.js';
import { escapeHtml } from '../../monitoring/keep/lifecycle/erasure/subject-report.js';
import { LEDGER_EXTENSIONS, type LedgerExtensions } from '../../monitoring/store/ledger-extensions.service.js';
import { computeEtag, type ViewerFiles } from './viewer-files.js';
import { VIEWER_OPTIONS, type ResolvedViewerOptions } from './viewer-options.js';
import type { LogRequest, LogResponse } from '../../monitoring/http/log-responses.js';

export const VIEWER_FILES = Symbol.for('nestjs-audit-ledger:viewer-files');

const YEAR_SECONDS = 31_536_000;

const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>Audit log</title><link rel="icon" href="data:,"></head>
<body><main><h1>You may not see this audit log</h1>
<p>The application does not allow you to read the log. Log in with another account, or ask an administrator for access.</p></main></body>
</html>
`;

/**
 * Serves the viewer's page and files to readers of the ledger. With a public shell, the controller serves the page and the files to
 * everybody: the files contain no data. If a guard of the application covers every route, exempt this controller for a public shell:
 * `Public()(AuditViewerController)`.
 */
export abstract class AuditViewerController {
  constructor(
    @Inject(VIEWER_FILES) private readonly files: ViewerFiles,
    @Inject(VIEWER_OPTIONS) private readonly options: ResolvedViewerOptions,
    @Inject(LEDGER_EXTENSIONS) private readonly extensions: LedgerExtensions,
    @Inject(ACCESS_OPTIONS) private readonly access: AccessOptions,
  ) {}

  @Get()
  async shell(
    @Req() request: ViewerRequest,
    @Res({ passthrough: true }) response: ViewerResponse,
  ): Promise<StreamableFile | undefined> {
    if (!(await this.mayRead(request))) return this.refuse(request, response);
    const page = this.pageFor(request);
    const facts = { type: 'text/html; charset=utf-8', etag: computeEtag(page), caching: 'private, no-cache' };
    return send(request, response, facts, Buffer.from(page));
  }

  /** Serves a file of the viewer's build. All files were read at the boot, so a request reads nothing from the disk. */
  @Get(':file')
  async asset(
    @Param('file') name: string,
    @Req() request: ViewerRequest,
    @Res({ passthrough: true }) response: ViewerResponse,
  ): Promise<StreamableFile | undefined> {
    if (!(await this.mayRead(request))) return this.refuse(request, response);
    const file = this.files.assets.get(name);
    if (!file)
      throw new NotFoundException(
        'Cannot show this file: the viewer lacks a file with this name. Load the page again.',
      );
    const { type, etag, isHashed, content } = file;
    const scope = this.options.shell === 'public' ? 'public' : 'private';
    const caching = isHashed ? `${scope}, max-age=${YEAR_SECONDS}, immutable` : `${scope}, no-cache`;
    const encoding = negotiateEncoding(getHeader(request, 'accept-encoding'));
    if (encoding !== 'identity') response.header('Content-Encoding', encoding);
    return send(request, response, { type, etag, caching }, content[encoding]);
  }

  private async mayRead(request: ViewerRequest): Promise<boolean> {
    return this.options.shell === 'public' || parseAccess(await this.access.authorize(request, 'read')) !== undefined;
  }

  private refuse(request: ViewerRequest, response: ViewerResponse): StreamableFile | undefined {
    const { loginPage } = this.options;
    setHeaders(response, [['Cache-Control', 'no-store']]);
    if (loginPage === undefined) {
      response.status(403);
      response.header('Content-Type', 'text/html; charset=utf-8');
      return new StreamableFile(Buffer.from(PAGE));
    }
    const { prefix, viewer } = resolveMount(request, this.options);
    response.status(302);
    response.header('Location', `${prefix}${loginPage}?returnTo=${encodeURIComponent(viewer)}`);
    return undefined;
  }

  private pageFor(request: ViewerRequest): string {
    const { prefix, viewer } = resolveMount(request, this.options);
    const { api, logIn, logOut, shell } = this.options;
    const values: Readonly<Record<string, string>> = {
      base: viewer,
      api: prefix + api,
      login: logIn === undefined ? '' : prefix + logIn,
      logout: logOut === undefined ? '' : prefix + logOut,
      shell,
      extensions: this.extensions.all.map(({ name }) => name).join(' '),
    };
    return this.files.page.replace(/\{\{(\w+)\}\}/g, (_, name: string) => escapeHtml(values[name] ?? ''));
  }
}

/** Makes a controller at a path. The result is a subclass of {@link AuditViewerController}, so the decorators of that class also apply. */
export function createViewerController(path: string): Type<AuditViewerController> {
  @HiddenController(path)
  class MountedAuditViewerController extends AuditViewerController {}
  return MountedAuditViewerController;
}

function send(
  request: ViewerRequest,
  response: ViewerResponse,
  { type, etag, caching }: { readonly type: string; readonly etag: string; readonly caching: string },
  content: Buffer,
): StreamableFile | undefined {
  setHeaders(response, [
    ['Content-Type', type],
    ['ETag', etag],
    ['Cache-Control', caching],
  ]);
  if (!isUnchanged(getHeader(request, 'if-none-match'), etag)) {
    return new StreamableFile(content, { length: content.length });
  }
  response.status(304);
  return undefined;
}

function setHeaders(response: ViewerResponse, more: typeof VIEWER_HEADERS): void {
  for (const [name, value] of [...VIEWER_HEADERS, ...more]) response.header(name, value);
}

/** The members of an Express or Fastify request that the viewer uses. */
interface ViewerRequest extends LogRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** The members of an Express or Fastify response that the viewer uses. */
interface ViewerResponse extends LogResponse {
  status(code: number): unknown;
}

/** The paths for the browser, without a trailing slash. */
interface Mount {
  /** The path before the viewer's own path: the proxy's prefix, the application's prefix, and a version. */
  readonly prefix: string;
  readonly viewer: string;
}

const PREFIX = /^(\/[\w.~%:@-]+)*$/;

function resolveMount({ url, originalUrl = url }: ViewerRequest, { basePath, path }: ResolvedViewerOptions): Mount {
  const [requested = ''] = originalUrl.split('?', 1);
  const at = requested.toLowerCase().lastIndexOf(path.toLowerCase()); // Express ignores case
  const before = requested.slice(0, Math.max(at, 0));
  // The pattern excludes paths that a browser would read as another host.
  const prefix = basePath + (PREFIX.test(before) ? before : '');
  return { prefix, viewer: prefix + path };
}

function getHeader({ headers }: ViewerRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.join(', ');
}

/** The content security policy of the viewer. The policy allows only the viewer's files and the application's routes, and no inline code. */
export const VIEWER_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/** The headers of each answer of the viewer. These headers replace the application's headers of the same name. */
const VIEWER_HEADERS: readonly (readonly [string, string])[] = [
  ['Content-Security-Policy', VIEWER_POLICY],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Vary', 'Accept-Encoding, Origin'], // the application may set CORS headers
];

/** Whether the client has the content already: `If-None-Match` contains the content's entity tag, or `*`. */
function isUnchanged(known: string | undefined, etag: string): boolean {
  if (known === undefined) return false;
  const tags = known.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}

const ENCODINGS = ['br', 'gzip', 'identity'] as const;

/** Chooses the best compression that the header `Accept-Encoding` allows. */
function negotiateEncoding(accepted = ''): (typeof ENCODINGS)[number] {
  const weights = new Map(accepted.toLowerCase().split(',').map(readWeight));
  return ENCODINGS.find((encoding) => (weights.get(encoding) ?? weights.get('*') ?? 0) > 0) ?? 'identity';
}

function readWeight(encoding: string): readonly [string, number] {
  const [name = '', ...parameters] = encoding.split(';').map((part) => part.trim());
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  return [name, quality === undefined ? 1 : Number(quality.slice(2))];
}
