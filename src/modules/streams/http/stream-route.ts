import { applyDecorators, HttpCode, HttpStatus } from '@nestjs/common';
import { Audited } from '../../../audit/index.js';
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { Route, type Answer } from '../../monitoring/http/openapi/ledger-controller.decorator.js';
import { ONLY_REFUSALS } from '../../monitoring/http/record-read.js';
import { StreamReachError } from '../streams.error.js';
import type { ResolvedStream } from '../streams-options.js';

/** The refusal of an unknown stream. */
export const UNKNOWN = { 404: 'No stream has this name.' };

/** The decorators of every route that changes one stream. */
export function ChangesStream(summary: string, answer: Answer, others = {}): MethodDecorator {
  return applyDecorators(
    Route(summary, answer, { ...UNKNOWN, ...others }),
    HttpCode(HttpStatus.OK),
    Audited('audit_stream_change', ONLY_REFUSALS),
  );
}

/** The members of a body that were given. */
export function givenOf(body: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}

/** The place, or the time, in a body. */
export function placeOf(given: number | string | undefined): number | Date | undefined {
  return typeof given === 'string' ? new Date(given) : given;
}

/** Whether somebody may see every event that a stream may see. */
export function isWithin(access: LedgerAccess, ofStream: LedgerAccess): boolean {
  if (access.scope === 'all') return true;
  if (access.scope !== 'tenants' || ofStream.scope !== 'tenants') return false;
  return ofStream.tenantIds.length > 0 && ofStream.tenantIds.every((tenant) => access.tenantIds.includes(tenant));
}

/**
 * Refuses streams that reach too far: a request may not write files on the server, and a caller of a tenant may not reach servers in the
 * operator's network.
 *
 * @throws StreamReachError (`AUDIT_STREAM_REACH`)
 */
export function checkReach(access: LedgerAccess, { access: ofStream, destination }: ResolvedStream): void {
  if (destination.type === 'file') throw new StreamReachError('files');
  if (!isWithin(access, ofStream)) throw new StreamReachError('others');
  if (access.scope !== 'all' && 'allowPrivateAddresses' in destination && destination.allowPrivateAddresses) {
    throw new StreamReachError('addresses');
  }
}
