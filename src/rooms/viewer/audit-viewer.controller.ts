import { Get, Inject, NotFoundException, Param, Req, Res, StreamableFile, type Type } from '@nestjs/common';
import { ACCESS_OPTIONS, parseAccess, type AccessOptions } from '../../monitoring/read/access/ledger-access.js';
import { HiddenController } from '../../monitoring/http/openapi/ledger-controller.decorator.js';
import { escapeHtml } from '../../monitoring/keep/lifecycle/erasure/report-html.js';
import { LEDGER_ROOMS, type LedgerRooms } from '../../monitoring/store/ledger-rooms.service.js';
import { etagOf, type ViewerFiles } from './viewer-files.js';
import {
  chooseEncoding,
  headerOf,
  isUnchanged,
  mountOf,
  VIEWER_HEADERS,
  type ViewerRequest,
  type ViewerResponse,
} from './viewer-http.js';
import { VIEWER_OPTIONS, type ResolvedViewerOptions } from './viewer-options.js';

export const VIEWER_FILES = Symbol.for('nestjs-audit-ledger:viewer-files');

const A_YEAR_SECONDS = 31_536_000;

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
    @Inject(LEDGER_ROOMS) private readonly rooms: LedgerRooms,
    @Inject(ACCESS_OPTIONS) private readonly access: AccessOptions,
  ) {}

  @Get()
  async shell(
    @Req() request: ViewerRequest,
    @Res({ passthrough: true }) response: ViewerResponse,
  ): Promise<StreamableFile | undefined> {
    if (!(await this.mayRead(request))) return this.refuse(request, response);
    const page = this.pageFor(request);
    const facts = { type: 'text/html; charset=utf-8', etag: etagOf(page), caching: 'private, no-cache' };
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
    const caching = isHashed ? `${scope}, max-age=${A_YEAR_SECONDS}, immutable` : `${scope}, no-cache`;
    const encoding = chooseEncoding(headerOf(request, 'accept-encoding'));
    if (encoding !== 'identity') response.header('Content-Encoding', encoding);
    return send(request, response, { type, etag, caching }, content[encoding]);
  }

  private async mayRead(request: ViewerRequest): Promise<boolean> {
    return this.options.shell === 'public' || parseAccess(await this.access.authorize(request, 'read')) !== undefined;
  }

  private refuse(request: ViewerRequest, response: ViewerResponse): StreamableFile | undefined {
    const { logInPage } = this.options;
    setHeaders(response, [['Cache-Control', 'no-store']]);
    if (logInPage === undefined) {
      response.status(403);
      response.header('Content-Type', 'text/html; charset=utf-8');
      return new StreamableFile(Buffer.from(PAGE));
    }
    const { front, viewer } = mountOf(request, this.options);
    response.status(302);
    response.header('Location', `${front}${logInPage}?returnTo=${encodeURIComponent(viewer)}`);
    return undefined;
  }

  private pageFor(request: ViewerRequest): string {
    const { front, viewer } = mountOf(request, this.options);
    const { api, logIn, logOut, shell } = this.options;
    const values: Readonly<Record<string, string>> = {
      base: viewer,
      api: front + api,
      login: logIn === undefined ? '' : front + logIn,
      logout: logOut === undefined ? '' : front + logOut,
      shell,
      rooms: this.rooms.all.map(({ name }) => name).join(' '),
    };
    return this.files.page.replace(/\{\{(\w+)\}\}/g, (_, name: string) => escapeHtml(values[name] ?? ''));
  }
}

/** Makes a controller at a path. The result is a subclass of {@link AuditViewerController}, so the decorators of that class also apply. */
export function viewerControllerAt(path: string): Type<AuditViewerController> {
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
  if (!isUnchanged(headerOf(request, 'if-none-match'), etag)) {
    return new StreamableFile(content, { length: content.length });
  }
  response.status(304);
  return undefined;
}

function setHeaders(response: ViewerResponse, more: typeof VIEWER_HEADERS): void {
  for (const [name, value] of [...VIEWER_HEADERS, ...more]) response.header(name, value);
}
