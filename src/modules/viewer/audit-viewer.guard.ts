import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ACCESS_OPTIONS, type AccessOptions } from '../monitoring/access/access-options.js';
import { parseAccess } from '../monitoring/access/ledger-access.js';
import { VIEWER_OPTIONS, type ResolvedViewerOptions } from './viewer-options.js';
import { ViewerRefusedException } from './viewer-refused.error.js';

/** Admits readers of the ledger to the viewer's files; with a public shell, everybody: the files contain no data. */
@Injectable()
export class AuditViewerGuard implements CanActivate {
  constructor(
    @Inject(ACCESS_OPTIONS) private readonly access: AccessOptions,
    @Inject(VIEWER_OPTIONS) private readonly options: ResolvedViewerOptions,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.options.shell === 'public') return true;
    const request = context.switchToHttp().getRequest<unknown>();
    if (parseAccess(await this.access.authorize(request, 'read'))) return true;
    throw new ViewerRefusedException();
  }
}
