import { ForbiddenException, Inject, Injectable } from '@nestjs/common';
import { AuditAggregator } from '../../../audit/index.js';
import { ACCESS_OPTIONS, type AccessOptions } from '../../monitoring/access/access-options.js';
import { parseAccess, refusalFor, type LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { StreamReachError } from '../manage/manage.error.js';
import { StreamOperations, type ShownStream, type StreamRequester } from '../manage/stream-operations.service.js';
import { StreamUnknownError } from '../streams.error.js';
import type { ResolvedStream } from '../streams-options.js';

/** Which streams a request may manage, and in whose name. */
@Injectable()
export class StreamRequests {
  constructor(
    @Inject(StreamOperations) private readonly streams: StreamOperations,
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(ACCESS_OPTIONS) private readonly access: AccessOptions,
  ) {}

  /** A stream that the caller may see. Others do not exist for them. */
  async reach(access: LedgerAccess, name: string): Promise<ShownStream> {
    const stream = await this.streams.find(name);
    if (!isWithin(access, stream.access)) throw new StreamUnknownError(name);
    return stream;
  }

  /** What the request may read. @throws ForbiddenException for nothing */
  async readAccess(request: object): Promise<LedgerAccess> {
    const access = parseAccess(await this.access.authorize(request, 'read'));
    if (!access) throw new ForbiddenException(refusalFor('read'));
    return access;
  }

  /** As events of the request have the actor, without a name. */
  requester(reason?: string): StreamRequester {
    const { type = 'user', id } = this.aggregator.currentActor() ?? {};
    return { actor: { type, ...(id === undefined ? {} : { id: String(id) }) }, reason };
  }
}

/** Whether somebody may see every event that a stream may. */
export function isWithin(access: LedgerAccess, ofStream: LedgerAccess): boolean {
  if (access.scope === 'all') return true;
  if (access.scope !== 'tenants' || ofStream.scope !== 'tenants') return false;
  return ofStream.tenantIds.length > 0 && ofStream.tenantIds.every((tenant) => access.tenantIds.includes(tenant));
}

/**
 * Nobody writes files of the server by a request, and somebody of a tenant reaches no server of the operator's network.
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
