import {
  applyDecorators,
  BadRequestException,
  HttpCode,
  HttpStatus,
  UseFilters,
  UseGuards,
  ValidationPipe,
} from '@nestjs/common';
import { ApiBody, ApiOperation } from '@nestjs/swagger';
import { Audited } from '../../../audit/index.js';
import { DescribesLedger, DescribesRefusals } from '../../monitoring/access/describes-refusals.decorator.js';
import { LedgerAccessGuard, NeedsPermission } from '../../monitoring/http/ledger-access.guard.js';
import { LedgerUnavailableFilter } from '../../monitoring/http/ledger-unavailable.filter.js';
import { ONLY_REFUSALS } from '../../monitoring/http/only-refusals.js';
import { StreamErrorsFilter } from './stream-errors.filter.js';

/** What every controller of streams has. */
export function ManagesStreams(): ClassDecorator {
  return applyDecorators(
    DescribesLedger('streams'),
    NeedsPermission('streams'),
    UseGuards(LedgerAccessGuard),
    UseFilters(LedgerUnavailableFilter, StreamErrorsFilter),
  );
}

/** What every route that changes one stream has. */
export function ChangesStream(summary: string, body: new () => object, example: object): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary }),
    HttpCode(HttpStatus.OK),
    Audited('audit_stream_change', ONLY_REFUSALS),
    ApiBody({ type: body, required: false, examples: { body: { value: example } } }),
    DescribesRefusals({
      400: 'Each problem of the body.',
      404: 'No stream has this name.',
      415: 'The body is not JSON.',
    }),
  );
}

/** Refuses a body with members that its class does not name. */
export function validationOf(expectedType: new () => object): ValidationPipe {
  return new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true, expectedType });
}

/** Without what the body does not name. */
export function givenOf(body: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}

/** @throws BadRequestException for anything but a place or a time */
export function placeOf(name: string, given: unknown): number | Date | undefined {
  if (given === undefined) return undefined;
  if (typeof given === 'number' && Number.isSafeInteger(given) && given >= 0) return given;
  if (typeof given === 'string' && !Number.isNaN(Date.parse(given))) return new Date(given);
  throw new BadRequestException(`${name} must be a place, such as 1200, or an RFC 3339 time.`);
}
