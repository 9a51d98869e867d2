import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { AuditHealthIndicator } from './audit.health-indicator.js';
import { HealthController } from './health.controller.js';

/** `GET /health`. */
@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [AuditHealthIndicator],
})
export class HealthModule {}
