import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { parseAccess } from '../access/ledger-access.js';
import { ACCESS_OPTIONS, type AccessOptions } from '../access/access-options.js';
import { forbidStoring } from './log-responses.js';

/**
 * Lets everybody read what holds no events, with `publicCheckpoints`; else those who may read a tenant's events, or all: they
 * tell how many there are.
 */
@Injectable()
export class CheckpointAccessGuard implements CanActivate {
  constructor(@Inject(ACCESS_OPTIONS) private readonly options: AccessOptions) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    forbidStoring(context);
    if (this.options.publicCheckpoints) return true;
    const access = parseAccess(await this.options.authorize(context.switchToHttp().getRequest<unknown>(), 'read'));
    return access !== undefined && access.scope !== 'subject';
  }
}
