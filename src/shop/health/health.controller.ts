import { Controller, Get, Req, ServiceUnavailableException } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  HealthCheck,
  HealthCheckService,
  HealthIndicatorService,
  TypeOrmHealthIndicator,
  type HealthCheckResult,
  type HealthIndicatorResult,
} from '@nestjs/terminus';
import { AuditAggregator, judgeHealth } from '../../audit/index.js';
import { OptionalUser, type AuthenticatedUser } from '../auth/index.js';

/** Reports whether the application works. Answers 503 if the database does not answer or audit events are being lost; otherwise answers 200. */
@ApiTags('operation')
@Controller('health')
export class HealthController {
  constructor(
    private readonly checks: HealthCheckService,
    private readonly database: TypeOrmHealthIndicator,
    private readonly indicators: HealthIndicatorService,
    private readonly audit: AuditAggregator,
  ) {}

  /**
   * Shows to everybody whether the application is up, and the state of the audit. Administrators and auditors also see the causes of
   * problems, the state of the database, and the state of each audit provider. Other callers do not see these details, because the details
   * contain names of hosts, files and versions.
   */
  @Get()
  @OptionalUser()
  @HealthCheck()
  @ApiOperation({ summary: 'Show whether the application works', security: [{}, { bearer: [] }] })
  async check(@Req() { user }: { readonly user?: AuthenticatedUser }): Promise<HealthCheckResult> {
    const seesDetails = user?.roles.some((role) => DETAILED_FOR.has(role)) ?? false;
    try {
      const result = await this.checks.check([
        () => this.database.pingCheck('database', { timeout: PING_MS }),
        () => this.checkAudit(),
      ]);
      return seesDetails ? result : stateOf(result);
    } catch (error) {
      if (seesDetails || !(error instanceof ServiceUnavailableException)) throw error;
      // stateOf reads the fields that terminus adds
      throw new ServiceUnavailableException(stateOf(error.getResponse() as HealthCheckResult));
    }
  }

  private async checkAudit(): Promise<HealthIndicatorResult<'audit'>> {
    const providers = await this.audit.health();
    const spill = this.audit.spill();
    const { state, reasons } = judgeHealth(providers, spill);
    const facts = { state, reasons, truncatedEvents: this.audit.truncatedEvents, spill, providers };
    const indicator = this.indicators.check('audit');
    return state === 'down' ? indicator.down(facts) : indicator.up(facts);
  }
}

/** The time limit is long enough for a busy database, so that the load balancer does not remove a healthy instance. */
const PING_MS = 10_000;

const DETAILED_FOR: ReadonlySet<string> = new Set(['admin', 'auditor']);

function stateOf({ status, info, error, details }: HealthCheckResult): HealthCheckResult {
  return { status, info: stateOfEach(info), error: stateOfEach(error), details: stateOfEach(details) };
}

function stateOfEach(indicators: Partial<HealthIndicatorResult> | undefined): HealthIndicatorResult {
  const shown = Object.entries(indicators ?? {}).map(([name, { status, state } = { status: 'down' as const }]) => [
    name,
    state === undefined ? { status } : { status, state: state as string }, // the audit's indicator sets this field
  ]);
  return Object.fromEntries(shown) as HealthIndicatorResult;
}
