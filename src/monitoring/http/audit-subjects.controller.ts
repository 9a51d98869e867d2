import { Readable } from 'node:stream';
import {
  Get,
  Headers,
  Inject,
  Param,
  Query,
  Res,
  ServiceUnavailableException,
  type StreamableFile,
} from '@nestjs/common';
import { hasCode } from '../../audit/nest-free.js';
import type { LedgerAccess } from '../read/access/ledger-access.js';
import { AuditPrivacy } from '../keep/lifecycle/erasure/audit-privacy.service.js';
import { reportHtml, reportJson } from '../keep/lifecycle/erasure/subject-report.js';
import { checkReach } from './audit-erasures.controller.js';
import { streamResponse, type StreamedResponse } from './log-responses.js';
import { Access, NeedsPermission } from './ledger-access.guard.js';
import { AuditedRead, noteRead } from './record-read.js';
import { LedgerController, Route, textBody } from './openapi/ledger-controller.decorator.js';
import { Parameter } from '../read/query/query-parameters.js';
import { QueryPipe, type Unseen } from './query.pipe.js';

const FORMATS = ['json', 'html'] as const;
type Format = (typeof FORMATS)[number];

const MEDIA_TYPES = { json: 'application/json; charset=utf-8', html: 'text/html; charset=utf-8' } as const;

const REPORTS = {
  'application/json': {
    schema: { type: 'object', additionalProperties: true },
    example: { subjectId: 'u-1', reportedAt: '2026-11-21T14:30:00.000Z', events: [], erasures: [], rows: [] },
  },
  ...textBody('<!doctype html>…', 'text/html'),
};

class ReportQuery {
  @Parameter({ enum: FORMATS, description: 'Default: html if the header Accept contains text/html; otherwise json' })
  readonly format?: Format;
}

@LedgerController('audit/subjects')
@NeedsPermission('erase')
export class AuditSubjectsController {
  constructor(@Inject(AuditPrivacy) private readonly privacy: AuditPrivacy) {}

  @Get(':id/report')
  @Route('Report the stored data about a person', REPORTS)
  @AuditedRead('exported')
  async report(
    @Access() access: LedgerAccess,
    @Param('id') id: string,
    @Query(new QueryPipe(ReportQuery)) { format: wanted }: Unseen<ReportQuery>,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) response: StreamedResponse,
  ): Promise<StreamableFile> {
    checkReach(access, 'report');
    const format = wanted ?? (/\btext\/html\b/.test(accept ?? '') ? 'html' : 'json');
    const parts = this.privacy.report({ id });
    const text = format === 'html' ? reportHtml(parts) : reportJson(parts);
    const first = await text.next().catch(nameArchive); // reads the first part before the response begins, so that an unreadable archive can still be reported
    noteRead({ access, filters: { subjectId: id }, shown: 0, more: { format, report: 'subject' } });
    const stream = Readable.from(chained(first, text), { objectMode: false });
    return streamResponse(stream, response, { type: MEDIA_TYPES[format] });
  }
}

async function* chained(first: IteratorResult<string>, rest: AsyncIterable<string>): AsyncGenerator<string> {
  if (first.done !== true) yield first.value;
  yield* rest;
}

/** The message may name the archive, because the caller has access to the whole ledger. */
function nameArchive(error: unknown): never {
  if (!hasCode(error, 'AUDIT_ARCHIVE_INVALID', 'AUDIT_ARCHIVE_MISSING', 'AUDIT_ARCHIVE_UNREADABLE')) throw error;
  const { code, message } = error;
  throw new ServiceUnavailableException({ statusCode: 503, code, message });
}
