import { Readable } from 'node:stream';
import {
  Body,
  ForbiddenException,
  Get,
  HttpCode,
  HttpStatus,
  Inject,
  NotFoundException,
  Param,
  ParseUUIDPipe,
  Post,
  Res,
  Headers,
  Query,
  ServiceUnavailableException,
  type StreamableFile,
} from '@nestjs/common';
import type { z } from 'zod';
import { setTimeout, hasCode } from '../../audit/nest-free.js';
import { AuditAggregator, Audited, type AuditedOptions } from '../../audit/index.js';
import type { LedgerAccess } from '../read/access/ledger-access.js';
import { AuditPrivacy } from '../keep/lifecycle/erasure/audit-privacy.service.js';
import { Erasure, NewErasure } from '../keep/lifecycle/erasure/erasure.dto.js';
import type { ErasureRequester } from '../keep/lifecycle/erasure/erasure-progress.js';
import { BodyPipe, QueryPipe, type ParsedByPipe } from './request.pipe.js';
import { Access, NeedsPermission } from './ledger-access.guard.js';
import { LedgerController, Route, textResponseBody } from './openapi/ledger-controller.decorator.js';
import { reportHtml, reportJson } from '../keep/lifecycle/erasure/subject-report.js';
import { streamResponse, type StreamedResponse } from './log-responses.js';
import { AuditedRead, noteRead } from './record-read.js';
import { Parameter } from '../read/query/query-parameters.js';

const REQUEST: AuditedOptions = {
  category: 'privacy',
  resource: ({ result }) => ({ type: 'audit_erasure', id: result.id }),
  details: ({ request, result }) => ({
    dryRun: request.body?.dryRun ?? false,
    ...((result as unknown) !== undefined && { erasureId: result.id }), // `undefined` after a refusal, although the type excludes that
  }),
};

const DRY_RUN_WAIT_MS = 10_000;
const POLL_MS = 100;

@LedgerController('audit/erasures')
@NeedsPermission('erase')
export class AuditErasuresController {
  constructor(
    @Inject(AuditPrivacy) private readonly privacy: AuditPrivacy,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
  ) {}

  @Post()
  @Route('Erase a person, or count the events of an erasure', Erasure, { 200: 'A dry run is done.' })
  @HttpCode(HttpStatus.ACCEPTED)
  @Audited('audit_subject_erasure_request', REQUEST)
  async erase(
    @Access() access: LedgerAccess,
    @Body(new BodyPipe(NewErasure)) { subjectId, identifiers = [], reason, dryRun = false }: z.infer<typeof NewErasure>,
    @Res({ passthrough: true }) response: { status(code: number): unknown },
  ): Promise<Erasure> {
    checkReach(access, 'erase');
    const erasure = await this.privacy.erase({ id: subjectId, identifiers }, { by: this.requester(), reason, dryRun });
    if (!dryRun) return erasure;
    const seen = await this.waitFor(erasure);
    if (seen.state === 'done') response.status(HttpStatus.OK);
    return seen;
  }

  @Get(':id')
  @Route('Show the progress of an erasure', Erasure, {
    404: 'No erasure has this id.',
    409: 'The row of the erasure contradicts the signed acts.',
  })
  async find(@Access() access: LedgerAccess, @Param('id', ParseUUIDPipe) id: string): Promise<Erasure> {
    checkReach(access, 'erase');
    const erasure = await this.privacy.find(id);
    if (!erasure) throw new NotFoundException(`Cannot show the erasure ${id}: no erasure has that id. Check the id.`);
    return erasure;
  }

  /** The requester is stored permanently, and therefore without a name. */
  private requester(): ErasureRequester {
    const { type = 'user', id = 'unknown' } = this.aggregator.currentActor() ?? {};
    return { type, id: String(id) };
  }

  private async waitFor(erasure: Erasure): Promise<Erasure> {
    const giveUpAt = performance.now() + DRY_RUN_WAIT_MS;
    let seen = erasure;
    while (seen.state !== 'done' && performance.now() < giveUpAt) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      seen = (await this.privacy.find(erasure.id)) ?? seen;
    }
    return seen;
  }
}

/** Requires access to the whole ledger, because a person may have events of many tenants. */
function checkReach({ scope }: LedgerAccess, what: 'erase' | 'report'): void {
  if (scope === 'all') return;
  throw new ForbiddenException(
    `Cannot ${what}: a person may have events of every tenant. Ask a person with access to the whole ledger.`,
  );
}

const FORMATS = ['json', 'html'] as const;
type Format = (typeof FORMATS)[number];

const MEDIA_TYPES = { json: 'application/json; charset=utf-8', html: 'text/html; charset=utf-8' } as const;

const REPORTS = {
  'application/json': {
    schema: { type: 'object', additionalProperties: true },
    example: { subjectId: 'u-1', reportedAt: '2026-11-21T14:30:00.000Z', events: [], erasures: [], rows: [] },
  },
  ...textResponseBody('<!doctype html>…', 'text/html'),
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
    @Query(new QueryPipe(ReportQuery)) { format: requested }: ParsedByPipe<ReportQuery>,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) response: StreamedResponse,
  ): Promise<StreamableFile> {
    checkReach(access, 'report');
    const format = requested ?? (/\btext\/html\b/.test(accept ?? '') ? 'html' : 'json');
    const parts = this.privacy.report({ id });
    const text = format === 'html' ? reportHtml(parts) : reportJson(parts);
    const first = await text.next().catch(addArchiveToError); // reads the first part before the response begins, so that an unreadable archive can still be reported
    noteRead({ access, filters: { subjectId: id }, shown: 0, more: { format, report: 'subject' } });
    const stream = Readable.from(prepend(first, text), { objectMode: false });
    return streamResponse(stream, response, { type: MEDIA_TYPES[format] });
  }
}

async function* prepend(first: IteratorResult<string>, rest: AsyncIterable<string>): AsyncGenerator<string> {
  if (first.done !== true) yield first.value;
  yield* rest;
}

/** The message may name the archive, because the caller has access to the whole ledger. */
function addArchiveToError(error: unknown): never {
  if (!hasCode(error, 'AUDIT_ARCHIVE_INVALID', 'AUDIT_ARCHIVE_MISSING', 'AUDIT_ARCHIVE_UNREADABLE')) throw error;
  const { code, message } = error;
  throw new ServiceUnavailableException({ statusCode: 503, code, message });
}
