import { Readable } from 'node:stream';
import {
  type ArgumentsHost,
  Catch,
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
} from '@nestjs/common';
import type { LedgerAccess } from '../access/ledger-access.js';
import { LEDGER_READS } from '../access/ledger-reads.js';
import { AuditPrivacy } from '../lifecycle/erasure/audit-privacy.service.js';
import { reportHtml } from '../lifecycle/erasure/report-html.js';
import { reportJson } from '../lifecycle/erasure/report-json.js';
import { InvalidErasureFilter } from './invalid-erasure.filter.js';
import { Access, NeedsPermission } from './ledger-access.guard.js';
import { AuditedRead, noteRead } from './record-read.js';
import { BaseExceptionFilter } from '@nestjs/core';
import { ArchiveInvalidError, ArchiveMissingError, ArchiveUnreadableError } from '../archive/archive.error.js';
import { LedgerController } from './openapi/ledger-controller.decorator.js';
import { Route, textAnswer } from './openapi/route.decorator.js';
import { mustBeOneOf, Parameter } from '../query/query-parameters.js';
import { QueryPipe, type Unseen } from './query.pipe.js';

type ArchiveError = ArchiveInvalidError | ArchiveMissingError | ArchiveUnreadableError;

/** Answers 503 if an archive cannot be read, and names the archive: these callers may see everything, and somebody has to repair it. */
@Catch(ArchiveInvalidError, ArchiveMissingError, ArchiveUnreadableError)
class ArchiveUnreadableFilter extends BaseExceptionFilter {
  private readonly logger = new Logger('AuditPrivacy');

  override catch({ code, message }: ArchiveError, host: ArgumentsHost): void {
    this.logger.error(message);
    super.catch(new ServiceUnavailableException({ statusCode: 503, code, message }), host);
  }
}

const FORMATS = ['json', 'html'] as const;
type Format = (typeof FORMATS)[number];

const MEDIA_TYPES = { json: 'application/json; charset=utf-8', html: 'text/html; charset=utf-8' } as const;

const REPORTS = {
  'application/json': {
    schema: { type: 'object', additionalProperties: true },
    example: { subjectId: 'u-1', reportedAt: '2026-11-21T14:30:00.000Z', events: [], erasures: [], rows: [] },
  },
  ...textAnswer('<!doctype html>…', 'text/html'),
};

/** The query of a report. */
class ReportQuery {
  @Parameter({ enum: FORMATS, description: 'Default: as the header Accept says' }, mustBeOneOf(FORMATS))
  readonly format?: Format;
}

/** The members of a response that are used here. */
interface DestroyableResponse {
  readonly raw?: DestroyableResponse;
  destroy?(): unknown;
}

/** Shows what is stored about a person, to callers who may erase it. */
@LedgerController('audit/subjects')
@NeedsPermission('erase')
@UseFilters(InvalidErasureFilter, ArchiveUnreadableFilter)
export class AuditSubjectsController {
  constructor(@Inject(AuditPrivacy) private readonly privacy: AuditPrivacy) {}

  /** Everything that is stored about a person, as JSON, or as a page for people. */
  @Get(':id/report')
  @Route('Report what the ledger holds about a person', REPORTS)
  @AuditedRead(LEDGER_READS.exported)
  async report(
    @Access() access: LedgerAccess,
    @Param('id') id: string,
    @Query(new QueryPipe(ReportQuery)) { format: wanted }: Unseen<ReportQuery>,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) response: DestroyableResponse,
  ): Promise<StreamableFile> {
    if (access.scope !== 'all') {
      throw new ForbiddenException('Cannot report: a person has events of every tenant. Ask somebody who may see all.');
    }
    const format = wanted ?? formatOf(accept);
    const parts = this.privacy.report({ id });
    const text = format === 'html' ? reportHtml(parts) : reportJson(parts);
    const first = await text.next(); // an unreadable archive is reported before the answer begins
    noteRead({ access, filters: { subjectId: id }, shown: 0, more: { format, report: 'subject' } });
    const { raw = response } = response; // Express's response is Node's, Fastify's is around it
    const stream = Readable.from(chained(first, text), { objectMode: false });
    // A client must not take a part for the whole, so the error breaks the connection.
    return new StreamableFile(stream, { type: MEDIA_TYPES[format] }).setErrorHandler(() => void raw.destroy?.());
  }
}

async function* chained(first: IteratorResult<string>, rest: AsyncIterable<string>): AsyncGenerator<string> {
  if (first.done !== true) yield first.value;
  yield* rest;
}

function formatOf(accept = ''): Format {
  return /\btext\/html\b/.test(accept) ? 'html' : 'json';
}
