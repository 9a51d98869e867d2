import { Controller, Get, Module, Req, ServiceUnavailableException } from '@nestjs/common';
import {
  HealthCheck,
  HealthCheckService,
  HealthIndicatorService,
  TerminusModule,
  TypeOrmHealthIndicator,
  type HealthCheckResult,
  type HealthIndicatorResult,
} from '@nestjs/terminus';
import { AuditAggregator, assessHealth } from '../../audit/index.js';
import { OptionalUser, type AuthenticatedUser } from '../auth/index.js';

/** The time limit is long enough for a busy database, so that the load balancer does not remove a healthy instance. */
const PING_MS = 10_000;

/** Reports whether the application works. Answers 503 if the database does not answer or audit events are being lost; otherwise answers 200. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly checks: HealthCheckService,
    private readonly database: TypeOrmHealthIndicator,
    private readonly indicators: HealthIndicatorService,
    private readonly audit: AuditAggregator,
  ) {}

  /** Shows whether the application is up. Only administrators and auditors see details, which have names of hosts, files and versions. */
  @Get()
  @OptionalUser()
  @HealthCheck()
  async check(@Req() { user }: { readonly user?: AuthenticatedUser }): Promise<HealthCheckResult> {
    const seesDetails = user?.roles.some((role) => role === 'admin' || role === 'auditor') ?? false;
    const checks = [() => this.database.pingCheck('database', { timeout: PING_MS }), () => this.checkAudit()];
    try {
      const result = await this.checks.check(checks);
      return seesDetails ? result : omitDetails(result);
    } catch (error) {
      if (seesDetails || !(error instanceof ServiceUnavailableException)) throw error;
      throw new ServiceUnavailableException(omitDetails(error.getResponse() as HealthCheckResult)); // as terminus makes it
    }
  }

  private async checkAudit(): Promise<HealthIndicatorResult<'audit'>> {
    const providers = await this.audit.health();
    const spill = this.audit.spill();
    const { state, reasons } = assessHealth(providers, spill);
    const facts = { state, reasons, truncatedEvents: this.audit.truncatedEvents, spill, providers };
    const indicator = this.indicators.check('audit');
    return state === 'down' ? indicator.down(facts) : indicator.up(facts);
  }
}

function omitDetails({ status, details }: HealthCheckResult): HealthCheckResult {
  const shown = Object.entries(details).map(([name, { status: isUp, state }]) => [
    name,
    state === undefined ? { status: isUp } : { status: isUp, state: state as string }, // the audit's indicator sets this field
  ]);
  return { status, details: Object.fromEntries(shown) as HealthIndicatorResult };
}

/** Serves `GET /health`. */
@Module({ imports: [TerminusModule.forRoot({ logger: false })], controllers: [HealthController] })
export class HealthModule {}
