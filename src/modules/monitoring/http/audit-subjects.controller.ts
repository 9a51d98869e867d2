import { Readable } from 'node:stream';
import {
  type ArgumentsHost,
  BadRequestException,
  Catch,
  Controller,
  ForbiddenException,
  Get,
  Headers,
  Inject,
  Logger,
  Param,
  Query,
  Res,
  ServiceUnavailableException,
  StreamableFile,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiQuery } from '@nestjs/swagger';
import { DescribesLedger, DescribesRefusals } from '../access/describes-refusals.decorator.js';
import { REPORT } from './examples/ledger-examples.js';
import type { LedgerAccess } from '../access/ledger-access.js';
import { LEDGER_READS } from '../access/ledger-reads.js';
import { AuditPrivacy } from '../lifecycle/erasure/audit-privacy.service.js';
import { reportHtml } from '../lifecycle/erasure/report-html.js';
import { reportJson } from '../lifecycle/erasure/report-json.js';
import { InvalidErasureFilter } from './invalid-erasure.filter.js';
import { Access, LedgerAccessGuard, NeedsPermission } from './ledger-access.guard.js';
import { LedgerUnavailableFilter } from './ledger-unavailable.filter.js';
import { AuditedRead, noteRead } from './record-read.js';
import { BaseExceptionFilter } from '@nestjs/core';
import { ArchiveInvalidError, ArchiveMissingError, ArchiveUnreadableError } from '../archive/archive.error.js';

type ArchiveError = ArchiveInvalidError | ArchiveMissingError | ArchiveUnreadableError;

/** Answers 503 where an archive cannot be read, and says which: those who ask may see everything, and somebody has to see to it. */
@Catch(ArchiveInvalidError, ArchiveMissingError, ArchiveUnreadableError)
class ArchiveUnreadableFilter extends BaseExceptionFilter {
  private readonly logger = new Logger('AuditPrivacy');

  override catch({ code, message }: ArchiveError, host: ArgumentsHost): void {
    this.logger.error(message);
    super.catch(new ServiceUnavailableException({ statusCode: 503, code, message }), host);
  }
}

const ANY_OBJECT = { type: 'object' as const, additionalProperties: true };
const FORMATS = ['json', 'html'] as const;
type Format = (typeof FORMATS)[number];

const MEDIA_TYPES = { json: 'application/json; charset=utf-8', html: 'text/html; charset=utf-8' } as const;

/** What is used of a response. */
interface DestroyableResponse {
  readonly raw?: DestroyableResponse;
  destroy?(): unknown;
}

/** Shows what is held about a person, for those who may erase it. */
@DescribesLedger('erase')
@Controller('audit/subjects')
@NeedsPermission('erase')
@UseGuards(LedgerAccessGuard)
@UseFilters(LedgerUnavailableFilter, InvalidErasureFilter, ArchiveUnreadableFilter)
export class AuditSubjectsController {
  constructor(@Inject(AuditPrivacy) private readonly privacy: AuditPrivacy) {}

  /** Everything that is held about a person, as JSON, or as a page that a person can read. */
  @Get(':id/report')
  @ApiOperation({ summary: 'Report what the ledger holds about a person' })
  @AuditedRead(LEDGER_READS.exported)
  @ApiQuery({ name: 'format', enum: FORMATS, required: false, description: 'Default: as the header Accept says' })
  @ApiProduces('application/json', 'text/html')
  @ApiOkResponse({
    content: {
      'application/json': { schema: ANY_OBJECT, example: REPORT },
      'text/html': { schema: { type: 'string' }, example: '<!doctype html>…' },
    },
  })
  @DescribesRefusals({ 400: 'The format is neither json nor html, or the id is not valid.' })
  async report(
    @Access() access: LedgerAccess,
    @Param('id') id: string,
    @Query('format') wanted: string | undefined,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) response: DestroyableResponse,
  ): Promise<StreamableFile> {
    if (access.scope !== 'all') {
      throw new ForbiddenException('Cannot report: a person has events of every tenant. Ask somebody who may see all.');
    }
    const format = formatOf(wanted, accept);
    const parts = this.privacy.report({ id });
    const text = format === 'html' ? reportHtml(parts) : reportJson(parts);
    const first = await text.next(); // what cannot be read is said before the answer begins
    noteRead({ access, filters: { subjectId: id }, shown: 0, more: { format, report: 'subject' } });
    const { raw = response } = response; // Express's response is Node's, Fastify's is around it
    const stream = Readable.from(chained(first, text), { objectMode: false });
    // A client that got a part must not take it for the whole.
    return new StreamableFile(stream, { type: MEDIA_TYPES[format] }).setErrorHandler(() => void raw.destroy?.());
  }
}

async function* chained(first: IteratorResult<string>, rest: AsyncIterable<string>): AsyncGenerator<string> {
  if (first.done !== true) yield first.value;
  yield* rest;
}

function formatOf(wanted: string | undefined, accept = ''): Format {
  const format = wanted ?? (/\btext\/html\b/.test(accept) ? 'html' : 'json');
  if (format === 'json' || format === 'html') return format;
  throw new BadRequestException(['format must be json or html']);
}
