import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { MONITORING_OPTIONS, type ResolvedMonitoringOptions } from '../monitoring-options.js';

/** Lets those read the ledger whom the application's `authorize` lets. */
@Injectable()
export class LedgerAccessGuard implements CanActivate {
  constructor(@Inject(MONITORING_OPTIONS) private readonly options: ResolvedMonitoringOptions) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    return this.options.authorize(context.switchToHttp().getRequest<unknown>());
  }
}
