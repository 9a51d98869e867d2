import { STATUS_CODES } from 'node:http';
import { Catch, HttpException, Logger, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import type { AuditError } from '../../../audit/plain.js';
import { ArchiveInvalidError, ArchiveMissingError, ArchiveUnreadableError } from '../archive/archive.error.js';
import { LedgerUnavailableError } from '../errors/ledger-unavailable.error.js';
import { PackageMissingError } from '../errors/package-missing.error.js';
import { ExportRequestError, ExportsBusyError } from '../export/export-request.error.js';
import { ActsContradictedError } from '../lifecycle/acts-contradicted.error.js';
import { InvalidErasureError } from '../lifecycle/erasure/privacy.error.js';
import { InvalidHoldError, UnknownHoldError } from '../lifecycle/holds/holds.error.js';
import { InvalidTilePathError } from '../log/tiles/tile.error.js';
import { InvalidQueryError } from '../query/invalid-query.error.js';
import { TailsBusyError } from '../query/places/tails-busy.error.js';
import { EntriesAlteredError, EntriesMissingError } from '../store/log-reading/reading.error.js';
import { QueryTooSlowError } from '../store/sessions/session.error.js';

type ErrorClass = abstract new (...given: never[]) => AuditError;

/** The status for each error whose message is for the caller. */
const ANSWERED: readonly (readonly [ErrorClass, number])[] = [
  [InvalidQueryError, 400],
  [InvalidErasureError, 400],
  [InvalidHoldError, 400],
  [ExportRequestError, 400],
  [UnknownHoldError, 404],
  [InvalidTilePathError, 404],
  [EntriesMissingError, 404],
  [ActsContradictedError, 409],
  [QueryTooSlowError, 422],
  [EntriesAlteredError, 500],
  [ExportsBusyError, 503],
  [TailsBusyError, 503],
];

const UNREAD = 'one of them is missing, or cannot be read. Its name is in the log of the application.';

/** The status and the message for each error whose own message names paths or addresses, and so goes to the log. */
const LOGGED: readonly (readonly [ErrorClass, number, string])[] = [
  [LedgerUnavailableError, 503, 'Cannot read the ledger now. Try again later.'],
  [PackageMissingError, 501, 'Cannot ask archives: the package @duckdb/node-api is not installed in the application.'],
  [
    ArchiveInvalidError,
    503,
    'Cannot ask archives: one of them is not what the ledger archived. Its name is in the log of the application; check it by nestjs-audit-ledger verify-archive.',
  ],
  [ArchiveMissingError, 503, `Cannot ask archives: ${UNREAD}`],
  [ArchiveUnreadableError, 503, `Cannot ask archives: ${UNREAD}`],
];

/** Answers the errors of the ledger that callers can do something about, each with its code; any other is left to the application. */
@Catch(...[...ANSWERED, ...LOGGED].map(([Class]) => Class))
export class LedgerErrorsFilter extends BaseExceptionFilter {
  private readonly logger = new Logger('AuditLedger');

  override catch(failure: AuditError, host: ArgumentsHost): void {
    const [, status = 500, shown] = [...ANSWERED, ...LOGGED].find(([Class]) => failure instanceof Class) ?? [];
    if (shown !== undefined) this.logger.error(failure.message);
    const message = shown ?? (failure instanceof InvalidQueryError ? failure.problems : failure.message);
    const body = { statusCode: status, error: STATUS_CODES[status], code: failure.code, message };
    super.catch(new HttpException(body, status), host);
  }
}
