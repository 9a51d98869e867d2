import { ForbiddenException, Inject, Injectable } from '@nestjs/common';
import { AuditAggregator } from '../../../audit/index.js';
import { ACCESS_OPTIONS, type AccessOptions } from '../../monitoring/access/access-options.js';
import { parseAccess, refusalFor, type LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { StreamReachError } from '../manage/manage.error.js';
import { StreamOperations, type ShownStream, type StreamRequester } from '../manage/stream-operations.service.js';
import { StreamUnknownError } from '../streams.error.js';
import type { ResolvedStream } from '../streams-options.js';

/** Determines which streams a request may manage, and in whose name. */
@Injectable()
export class StreamRequests {
  constructor(
    @Inject(StreamOperations) private readonly streams: StreamOperations,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(ACCESS_OPTIONS) private readonly access: AccessOptions,
  ) {}

  /** Finds a stream that the caller may see. Other streams do not exist for the caller. */
  async reach(access: LedgerAccess, name: string): Promise<ShownStream> {
    const stream = await this.streams.find(name);
    if (!isWithin(access, stream.access)) throw new StreamUnknownError(name);
    return stream;
  }

  /** The access of the request for reading. @throws ForbiddenException if it may read nothing */
  async readAccess(request: object): Promise<LedgerAccess> {
    const access = parseAccess(await this.access.authorize(request, 'read'));
    if (!access) throw new ForbiddenException(refusalFor('read'));
    return access;
  }

  /** The actor of the request's events, without a name. */
  requester(reason?: string): StreamRequester {
    const { type = 'user', id } = this.aggregator.currentActor() ?? {};
    return { actor: { type, ...(id === undefined ? {} : { id: String(id) }) }, reason };
  }
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
  if (destination.type === 'file') throw StreamReachError.toFile();
  if (!isWithin(access, ofStream)) throw StreamReachError.toOthers();
  if (access.scope !== 'all' && 'allowPrivateAddresses' in destination && destination.allowPrivateAddresses) {
    throw StreamReachError.toPrivateAddresses();
  }
}
