import { pipeline } from 'node:stream';
import { createGzip } from 'node:zlib';
import {
  Get,
  Headers,
  Inject,
  NotFoundException,
  Param,
  ParseUUIDPipe,
  Query,
  Req,
  Res,
  type StreamableFile,
} from '@nestjs/common';
import { CSV_HEADER, FILE_KINDS } from '../read/export/export-format.js';
import type { LedgerAccess } from '../read/access/ledger-access.js';
import { AuditExports } from '../read/export/audit-exports.service.js';
import { acceptsGzip, toNodeResponse, streamResponse, toTextResponse, type StreamedResponse } from './log-responses.js';
import { ExportQuery, toExportFilters, resolveRelativeTimes } from './export-query.dto.js';
import { Access, NeedsPermission } from './ledger-access.guard.js';
import { SendAsOfHeader } from './as-of.interceptor.js';
import { QueryPipe, type ParsedByPipe } from './request.pipe.js';
import { AuditedRead, skipReadRecord } from './record-read.js';
import {
  LedgerController,
  binaryResponseBody,
  Route,
  textResponseBody,
} from './openapi/ledger-controller.decorator.js';

const FILES = {
  ...textResponseBody('{"id":"01a1fe74-c240-7419-a34b-8c24b729a5b9",…}\n', 'application/x-ndjson'),
  ...textResponseBody(CSV_HEADER, 'text/csv'),
  ...binaryResponseBody('application/gzip'),
};
const HEADERS = {
  Link: {
    description: 'The signed manifest of the export, when it is finished (RFC 8288), rel="describedby"',
    schema: { type: 'string' },
  },
  'Audit-Export-Id': { description: 'The id of the export', schema: { type: 'string', format: 'uuid' } },
  'Audit-Export-Archived-Months': {
    description: 'Months whose events were retired, so that the export lacks these events',
    schema: { type: 'string', example: '2026-01, 2026-02' },
  },
  'Audit-Export-Notes': {
    description: 'Types, actions and categories of the query that no event has, separated by " | "',
    schema: { type: 'string' },
  },
  'Audit-Export-Tree-Size': {
    description: 'The tree size at which the export ends: only events with a smaller index are exported',
    schema: { type: 'integer' },
  },
};

@LedgerController('audit')
@SendAsOfHeader()
@NeedsPermission('export')
export class AuditExportController {
  constructor(@Inject(AuditExports) private readonly exports: AuditExports) {}

  /** Streams the sealed events that match all filters, oldest first. */
  @Get('export')
  @Route('Export events as a file', FILES, {}, { headers: HEADERS })
  @AuditedRead('exported')
  async export(
    @Access() access: LedgerAccess,
    @Query(new QueryPipe(ExportQuery)) requested: ParsedByPipe<ExportQuery>,
    @Headers('accept-encoding') encodings: string | undefined,
    @Req() request: object,
    @Res({ passthrough: true }) response: StreamedResponse,
  ): Promise<StreamableFile> {
    const query = resolveRelativeTimes(requested);
    const { format, gzip, proofs, bom, treeSize, offset } = query;
    skipReadRecord(request);
    const file = { format, isCompressed: gzip, withProofs: proofs, withByteOrderMark: bom, treeSize };
    const started = await this.exports.start({ access, filters: toExportFilters(query), ...file }, offset);
    const { extension, contentType } = FILE_KINDS[format];
    const name = `audit-${started.treeSize}${extension}${gzip ? '.gz' : ''}`;
    response.header('Audit-Export-Id', started.exportId);
    response.header('Audit-Export-Tree-Size', String(started.treeSize));
    response.header('Link', `<exports/${started.exportId}/manifest>; rel="describedby"`);
    if (started.archivedMonths.length > 0) {
      response.header('Audit-Export-Archived-Months', started.archivedMonths.join(', '));
    }
    if (started.notes.length > 0) {
      response.header('Audit-Export-Notes', started.notes.join(' | ').replace(/[^\u0020-\u007e]/g, '?'));
    }
    response.header('Cache-Control', 'private, no-store');
    response.header('Vary', 'Accept-Encoding');
    const isEncoded = !gzip && acceptsGzip(encodings);
    if (isEncoded) response.header('Content-Encoding', 'gzip');
    // pipeline() destroys both streams if one of them fails.
    const stream = isEncoded ? pipeline(started.stream, createGzip(), () => undefined) : started.stream;
    toNodeResponse(response).once('close', () => started.stream.destroy());
    const options = { type: gzip ? 'application/gzip' : contentType, disposition: `attachment; filename="${name}"` };
    return streamResponse(stream, response, options);
  }

  @Get('exports/:id/manifest')
  @Route(
    'Get the signed manifest of an export',
    textResponseBody(
      'nestjs-audit-ledger/export@v1 01a1fe90-3c41-7f52-9ab7-0d3f5b6e7c80\n\n— example.com/audit e+wE…\n',
    ),
    { 404: 'No finished export has this id.' },
  )
  async manifest(@Access() access: LedgerAccess, @Param('id', ParseUUIDPipe) id: string): Promise<StreamableFile> {
    const note = await this.exports.manifest(access, id);
    if (note === undefined) {
      throw new NotFoundException(
        `Cannot show the manifest of the export ${id}: no finished export has that id. Check the id, or export again.`,
      );
    }
    return toTextResponse(note, `${id}.manifest`);
  }
}
