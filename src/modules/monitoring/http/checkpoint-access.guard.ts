import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { MONITORING_OPTIONS, type ResolvedMonitoringOptions } from '../monitoring-options.js';

/** Lets everybody read what holds no events, with `publicCheckpoints`; else those whom the application's `authorize` lets. */
@Injectable()
export class CheckpointAccessGuard implements CanActivate {
  constructor(@Inject(MONITORING_OPTIONS) private readonly options: ResolvedMonitoringOptions) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    return this.options.publicCheckpoints || this.options.authorize(context.switchToHttp().getRequest<unknown>());
  }
}
