import {
  Get,
  Inject,
  NotFoundException,
  Param,
  Req,
  Res,
  StreamableFile,
  UseFilters,
  UseGuards,
  type Type,
} from '@nestjs/common';
import { HiddenController } from '../monitoring/http/openapi/ledger-controller.decorator.js';
import { LEDGER_ROOMS, type LedgerRooms } from '../monitoring/store/ledger-rooms.service.js';
import { AuditViewerGuard, ViewerRefusedFilter } from './audit-viewer.guard.js';
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

/**
 * The viewer's page and its files. If the application guards every route, exempt it for a public shell: `Public()(AuditViewerController)`.
 */
@UseGuards(AuditViewerGuard)
@UseFilters(ViewerRefusedFilter)
export abstract class AuditViewerController {
  constructor(
    @Inject(VIEWER_FILES) private readonly files: ViewerFiles,
    @Inject(VIEWER_OPTIONS) private readonly options: ResolvedViewerOptions,
    @Inject(LEDGER_ROOMS) private readonly rooms: LedgerRooms,
  ) {}

  @Get()
  shell(
    @Req() request: ViewerRequest,
    @Res({ passthrough: true }) response: ViewerResponse,
  ): StreamableFile | undefined {
    const page = this.pageFor(request);
    const facts = { type: 'text/html; charset=utf-8', etag: etagOf(page), caching: 'private, no-cache' };
    return send(request, response, facts, Buffer.from(page));
  }

  /** A file of the build, by its name in the list that was read at boot. */
  @Get(':file')
  asset(
    @Param('file') name: string,
    @Req() request: ViewerRequest,
    @Res({ passthrough: true }) response: ViewerResponse,
  ): StreamableFile | undefined {
    const file = this.files.assets.get(name);
    if (!file) throw new NotFoundException('Cannot show this file: the viewer has it not. Load the page again.');
    const { type, etag, isHashed, content } = file;
    const scope = this.options.shell === 'public' ? 'public' : 'private';
    const caching = isHashed ? `${scope}, max-age=${A_YEAR_SECONDS}, immutable` : `${scope}, no-cache`;
    const encoding = chooseEncoding(headerOf(request, 'accept-encoding'));
    if (encoding !== 'identity') response.header('Content-Encoding', encoding);
    return send(request, response, { type, etag, caching }, content[encoding]);
  }

  private pageFor(request: ViewerRequest): string {
    const { front, viewer } = mountOf(request, this.options);
    const { api, logIn, shell } = this.options;
    const values: Readonly<Record<string, string>> = {
      base: viewer,
      api: front + api,
      login: logIn === undefined ? '' : front + logIn,
      shell,
      rooms: this.rooms.all.map(({ name }) => name).join(' '),
    };
    return this.files.page.replace(/\{\{(\w+)\}\}/g, (_, name: string) => escapeHtml(values[name] ?? ''));
  }
}

/** Makes the controller at a path. It is a subclass, so that decorators on {@link AuditViewerController} apply to it, too. */
export function viewerControllerAt(path: string): Type<AuditViewerController> {
  @HiddenController(path)
  class MountedAuditViewerController extends AuditViewerController {}
  return MountedAuditViewerController;
}

/** Answers with a content, or with 304 if the client has it already. */
function send(
  request: ViewerRequest,
  response: ViewerResponse,
  { type, etag, caching }: { readonly type: string; readonly etag: string; readonly caching: string },
  content: Buffer,
): StreamableFile | undefined {
  const headers = [...VIEWER_HEADERS, ['Content-Type', type], ['ETag', etag], ['Cache-Control', caching]] as const;
  for (const [name, value] of headers) response.header(name, value);
  if (!isUnchanged(headerOf(request, 'if-none-match'), etag)) {
    return new StreamableFile(content, { length: content.length });
  }
  response.status(304);
  return undefined;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
