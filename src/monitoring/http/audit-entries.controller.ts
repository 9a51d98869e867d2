import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import {
  ForbiddenException,
  Get,
  Headers,
  Inject,
  NotFoundException,
  Req,
  Res,
  type StreamableFile,
} from '@nestjs/common';
import type { LedgerAccess } from '../read/access/ledger-access.js';
import { LogReader } from '../store/log-reading/log-reader.service.js';
import { encodeBundle } from '../proof/log/tiles/entry-bundle.js';
import { formatTilePath, type TileResource } from '../proof/log/tiles/tile-path.js';
import {
  acceptsGzip,
  toBytesResponse,
  listLongTilePaths,
  parseRequestTile,
  type LogRequest,
  type LogResponse,
} from './log-responses.js';
import { Access } from './ledger-access.guard.js';
import { AuditedRead, noteRead } from './record-read.js';
import { LedgerController, binaryResponseBody, Route } from './openapi/ledger-controller.decorator.js';

const compress = promisify(gzip);

/** Serves the log's entries to readers whom the application authorises. */
@LedgerController('audit')
export class AuditEntriesController {
  constructor(@Inject(LogReader) private readonly log: LogReader) {}

  /** Returns a bundle of sealed events as canonical JSON: `tile/entries/<N>`, or `tile/entries/<N>.p/<W>`. */
  @Get(['tile/entries/:N', ...listLongTilePaths('tile/entries')])
  @Route('Get a bundle of sealed events', binaryResponseBody(), {
    404: 'The log has no such bundle, or some of its events were retired.',
  })
  @AuditedRead('viewed')
  async entries(
    @Access() access: LedgerAccess,
    @Req() request: LogRequest,
    @Headers('accept-encoding') encodings: string | undefined,
    @Res({ passthrough: true }) response: LogResponse,
  ): Promise<StreamableFile> {
    if (access.scope !== 'all') {
      throw new ForbiddenException(
        'Cannot show entries: a bundle contains events of every tenant. Request the proofs of single events.',
      );
    }
    const tile = parseRequestTile(request);
    const bundle = await this.bundle(tile);
    noteRead({ access, filters: { tile: formatTilePath({ ...tile, level: 'entries' }) }, shown: tile.width });
    const isCompressed = acceptsGzip(encodings);
    response.header('Vary', 'Accept-Encoding');
    if (isCompressed) response.header('Content-Encoding', 'gzip');
    return toBytesResponse(isCompressed ? await compress(bundle) : bundle);
  }

  private async bundle({ index, width }: TileResource): Promise<Uint8Array> {
    const entries = await this.log.findEntries(index, width);
    if (entries) return encodeBundle(entries);
    throw new NotFoundException(
      `Cannot show ${formatTilePath({ level: 'entries', index, width })}: the tree does not have that many entries. Request bundles of the newest checkpoint.`,
    );
  }
}
