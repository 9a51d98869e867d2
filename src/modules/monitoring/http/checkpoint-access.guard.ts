import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { parseAccess } from '../access/ledger-access.js';
import { ACCESS_OPTIONS, type AccessOptions } from '../access/access-options.js';
import { forbidStoring } from './log-responses.js';

/**
 * Protects the routes that show no events. With `publicCheckpoints`, everybody may read them; else only readers of a tenant or of
 * everything, since they reveal how many events exist.
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
