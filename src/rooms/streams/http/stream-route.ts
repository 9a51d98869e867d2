import { applyDecorators, HttpCode, HttpStatus } from '@nestjs/common';
import { Audited } from '../../../audit/index.js';
import type { LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import { Route, type ResponseBody } from '../../../monitoring/http/openapi/ledger-controller.decorator.js';
import { ONLY_REFUSALS } from '../../../monitoring/http/record-read.js';
import type { ResolvedStream } from '../streams-options.js';
import { streamsErrors } from '../streams.errors.js';

export const UNKNOWN = { 404: 'No stream has this name.' };

export function ChangesStream(summary: string, response: ResponseBody, others = {}): MethodDecorator {
  return applyDecorators(
    Route(summary, response, { ...UNKNOWN, ...others }),
    HttpCode(HttpStatus.OK),
    Audited('audit_stream_change', ONLY_REFUSALS),
  );
}

export function givenOf(body: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}

/** Returns a sequence number unchanged, and an RFC 3339 time as a `Date`. */
export function placeOf(given: number | string | undefined): number | Date | undefined {
  return typeof given === 'string' ? new Date(given) : given;
}

/** Returns whether a caller's access includes all events that a stream may send. */
export function isWithin(access: LedgerAccess, ofStream: LedgerAccess): boolean {
  if (access.scope === 'all') return true;
  if (access.scope !== 'tenants' || ofStream.scope !== 'tenants') return false;
  return ofStream.tenantIds.length > 0 && ofStream.tenantIds.every((tenant) => access.tenantIds.includes(tenant));
}

/**
 * Refuses streams that exceed the caller's rights. No request may make the server write files, and only a caller with access to all events may reach
 * the operator's private network.
 *
 * @throws `AUDIT_STREAM_REACH`
 */
export function checkReach(access: LedgerAccess, { access: ofStream, destination }: ResolvedStream): void {
  if (destination.type === 'file') throw streamsErrors.AUDIT_STREAM_REACH('files');
  if (!isWithin(access, ofStream)) throw streamsErrors.AUDIT_STREAM_REACH('others');
  if (access.scope !== 'all' && 'allowPrivateAddresses' in destination && destination.allowPrivateAddresses) {
    throw streamsErrors.AUDIT_STREAM_REACH('addresses');
  }
}
