import { STATUS_CODES } from 'node:http';
import { Catch, HttpException, Logger, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import type { AuditError } from '../../audit/plain.js';
import { ArchiveInvalidError, ArchiveMissingError, ArchiveUnreadableError } from '../keep/archive/archive.error.js';
import { LedgerUnavailableError } from '../errors/ledger-unavailable.error.js';
import { PackageMissingError } from '../errors/package-missing.error.js';
import { ExportRequestError, ExportsBusyError } from '../read/export/export-request.error.js';
import { ActsContradictedError } from '../keep/lifecycle/acts-contradicted.error.js';
import { InvalidErasureError } from '../keep/lifecycle/erasure/privacy.error.js';
import { InvalidHoldError, UnknownHoldError } from '../keep/lifecycle/holds/holds.error.js';
import { InvalidTilePathError } from '../proof/log/tiles/tile.error.js';
import { InvalidQueryError } from '../read/query/invalid-query.error.js';
import { TailsBusyError } from '../read/query/places/tails-busy.error.js';
import { SigningFailedError } from '../proof/signing/signing.error.js';
import { EntriesAlteredError, EntriesMissingError } from '../store/log-reading/reading.error.js';
import { QueryTooSlowError } from '../store/sessions/session.error.js';

type ErrorClass = abstract new (...given: never[]) => AuditError;

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

const UNREAD = 'one archive is missing, or cannot be read. The log of the application names it.';

/** The messages of these errors contain paths or addresses, so the caller gets another message. */
const LOGGED: readonly (readonly [ErrorClass, number, string])[] = [
  [SigningFailedError, 503, 'Cannot sign with the key of the ledger now. Try again later.'],
  [LedgerUnavailableError, 503, 'Cannot read the ledger now. Try again later.'],
  [
    PackageMissingError,
    501,
    'Cannot search archives: the application lacks the package @duckdb/node-api. Ask its operator to install it.',
  ],
  [
    ArchiveInvalidError,
    503,
    'Cannot search archives: one archive was changed. The log of the application names it. Check it with nestjs-audit-ledger verify-archive.',
  ],
  [ArchiveMissingError, 503, `Cannot search archives: ${UNREAD}`],
  [ArchiveUnreadableError, 503, `Cannot search archives: ${UNREAD}`],
];

/** Answers the listed errors with their status and code. Other errors are left to the application. */
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
