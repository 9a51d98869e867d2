import { pipeline, type Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import {
  BadRequestException,
  Controller,
  Get,
  Headers,
  Inject,
  NotFoundException,
  Param,
  ParseUUIDPipe,
  Query,
  Req,
  Res,
  ServiceUnavailableException,
  StreamableFile,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces } from '@nestjs/swagger';
import { DescribesLedger, DescribesRefusals } from '../access/describes-refusals.decorator.js';
import { CSV_HEADER } from '../export/formats/csv.js';
import { EVENT } from './examples/event-examples.js';
import { MANIFEST } from './examples/ledger-examples.js';
import type { LedgerAccess } from '../access/ledger-access.js';
import { LEDGER_READS } from '../access/ledger-reads.js';
import { AuditExports, type StartedExport } from '../export/audit-exports.service.js';
import { ExportRequestError, ExportsBusyError } from '../export/export-request.error.js';
import { FILE_KINDS } from '../export/export-format.js';
import { DescribesFilters } from './describes-page.decorator.js';
import { acceptsGzip } from './accepts-gzip.js';
import { ExportQuery, filtersOf, readExportQuery } from './export-query.dto.js';
import { InvalidQueryFilter } from './invalid-query.filter.js';
import { Access, LedgerAccessGuard, NeedsPermission } from './ledger-access.guard.js';
import { ShowsAsOf } from './as-of.interceptor.js';
import { LedgerUnavailableFilter } from './ledger-unavailable.filter.js';
import { nodeResponse, TEXT, type StreamedResponse } from './log-responses.js';
import { QueryPipe, type Unseen } from './query.pipe.js';
import { AuditedRead, leaveUnrecorded } from './record-read.js';

const FILES = {
  'application/x-ndjson': { schema: { type: 'string' as const }, example: `${JSON.stringify(EVENT)}\n` },
  'text/csv': { schema: { type: 'string' as const }, example: CSV_HEADER },
  'application/gzip': { schema: { type: 'string' as const, format: 'binary' } },
};

/** The ledger as a file, for those whom the application lets export. */
@DescribesLedger('export')
@Controller('audit')
@UseGuards(LedgerAccessGuard)
@ShowsAsOf()
@UseFilters(LedgerUnavailableFilter, InvalidQueryFilter)
@NeedsPermission('export')
export class AuditExportController {
  constructor(@Inject(AuditExports) private readonly exports: AuditExports) {}

  /** The sealed events that every given filter holds for, as a stream, oldest first. */
  @Get('export')
  @ApiOperation({ summary: 'Export events as a file' })
  @AuditedRead(LEDGER_READS.exported)
  @DescribesFilters(ExportQuery)
  @ApiProduces('application/x-ndjson', 'text/csv', 'application/gzip')
  @ApiOkResponse({
    content: FILES,
    headers: {
      'Audit-Export-Id': { description: 'For the manifest', schema: { type: 'string', format: 'uuid' } },
      'Audit-Export-Archived-Months': {
        description: 'Months of which events were archived, and so are not in the export',
        schema: { type: 'string', example: '2026-01, 2026-02' },
      },
      'Audit-Export-Mark': { description: 'The tree size that it ends at', schema: { type: 'integer' } },
    },
  })
  async export(
    @Access() access: LedgerAccess,
    @Query(new QueryPipe(ExportQuery, (_, parameters) => readExportQuery(parameters))) query: Unseen<ExportQuery>,
    @Headers('accept-encoding') encodings: string | undefined,
    @Req() request: object,
    @Res({ passthrough: true }) response: StreamedResponse,
  ): Promise<StreamableFile> {
    const { format, gzip, proofs, bom, mark, offset } = query;
    leaveUnrecorded(request);
    const file = { format, isCompressed: gzip, withProofs: proofs, withByteOrderMark: bom, mark };
    const started = await this.start({ access, filters: filtersOf(query), ...file }, offset);
    const { extension, contentType } = FILE_KINDS[format];
    const name = `audit-${started.mark}${extension}${gzip ? '.gz' : ''}`;
    response.header('Audit-Export-Id', started.exportId);
    response.header('Audit-Export-Mark', String(started.mark));
    if (started.archivedMonths.length > 0) {
      response.header('Audit-Export-Archived-Months', started.archivedMonths.join(', '));
    }
    response.header('Cache-Control', 'private, no-store');
    response.header('Vary', 'Accept-Encoding');
    const isEncoded = !gzip && acceptsGzip(encodings);
    if (isEncoded) response.header('Content-Encoding', 'gzip');
    const stream = isEncoded ? encode(started.stream) : started.stream;
    const raw = nodeResponse(response);
    raw.once('close', () => started.stream.destroy());
    const options = { type: gzip ? 'application/gzip' : contentType, disposition: `attachment; filename="${name}"` };
    // A client that got a part must not take it for the whole.
    return new StreamableFile(stream, options).setErrorHandler(() => void raw.destroy());
  }

  /** What an export holds, signed by the ledger, once it is done. */
  @Get('exports/:id/manifest')
  @ApiOperation({ summary: 'Get the signed manifest of an export' })
  @ApiProduces('text/plain')
  @ApiOkResponse({ type: String, description: 'A signed note (C2SP signed-note)', example: MANIFEST })
  @DescribesRefusals({ 400: 'The id is not a UUID.', 404: 'No finished export has this id.' })
  async manifest(@Access() access: LedgerAccess, @Param('id', ParseUUIDPipe) id: string): Promise<StreamableFile> {
    const note = await this.exports.manifest(access, id);
    if (note === undefined) {
      throw new NotFoundException(
        `Cannot show the manifest of the export ${id}: no export of that id was finished. Check the id, or export again.`,
      );
    }
    const bytes = Buffer.from(note);
    const disposition = `attachment; filename="${id.toLowerCase()}.manifest"`;
    return new StreamableFile(bytes, { type: TEXT, disposition, length: bytes.length });
  }

  private async start(...given: Parameters<AuditExports['start']>): Promise<StartedExport> {
    try {
      return await this.exports.start(...given);
    } catch (error) {
      if (error instanceof ExportRequestError) throw new BadRequestException(error.message);
      if (error instanceof ExportsBusyError) {
        const { code, message } = error;
        throw new ServiceUnavailableException({ statusCode: 503, code, message });
      }
      throw error;
    }
  }
}

function encode(stream: Readable): Readable {
  return pipeline(stream, createGzip(), () => undefined); // what goes wrong with one destroys the other
}
