import { Controller, Get, Inject } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { HealthCheck, HealthCheckService, TypeOrmHealthIndicator, type HealthCheckResult } from '@nestjs/terminus';
import { Public } from '../auth/index.js';
import { AuditHealthIndicator } from './audit.health-indicator.js';

/** Whether the application works: 200, or 503 when its database does not answer, or audit events are being lost. */
@ApiTags('operation')
@Controller('health')
export class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly checks: HealthCheckService,
    @Inject(TypeOrmHealthIndicator) private readonly database: TypeOrmHealthIndicator,
    @Inject(AuditHealthIndicator) private readonly audit: AuditHealthIndicator,
  ) {}

  /** The state of the database and of each audit provider, the ledger among them. */
  @Get()
  @Public()
  @HealthCheck()
  async check(): Promise<HealthCheckResult> {
    return this.checks.check([() => this.database.pingCheck('database'), () => this.audit.check()]);
  }
}
