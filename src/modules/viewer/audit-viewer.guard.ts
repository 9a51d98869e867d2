import { Inject, Injectable, type CanActivate, type ExecutionContext, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { ModuleMisusedError } from '../../audit/plain.js';
import { ACCESS_OPTIONS, type AccessOptions } from '../monitoring/access/access-options.js';
import { parseAccess } from '../monitoring/access/ledger-access.js';
import { VIEWER_OPTIONS, type ResolvedViewerOptions } from './viewer-options.js';
import { ViewerRefusedException } from './viewer-refused.error.js';

/** Lets those have the viewer's files who may read the ledger; with a public shell, everybody: the files hold no data. */
@Injectable()
export class AuditViewerGuard implements CanActivate, OnModuleInit {
  private access: AccessOptions | undefined;

  constructor(
    @Inject(ModuleRef) private readonly modules: ModuleRef,
    @Inject(VIEWER_OPTIONS) private readonly options: ResolvedViewerOptions,
  ) {}

  /** @throws ModuleMisusedError (`AUDIT_MODULE_MISUSED`) in an application without the ledger */
  onModuleInit(): void {
    try {
      this.access = this.modules.get<AccessOptions>(ACCESS_OPTIONS, { strict: false });
    } catch {
      throw ModuleMisusedError.room('AuditViewerModule', 'the application has no ledger');
    }
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.options.shell === 'public') return true;
    const request = context.switchToHttp().getRequest<unknown>();
    if (parseAccess(await this.access?.authorize(request, 'read'))) return true;
    throw new ViewerRefusedException();
  }
}
