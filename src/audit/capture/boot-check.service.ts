import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from '../audit-options.js';
import { coverageOf, describeCoverage, summarizeCoverage } from '../coverage/audit-coverage.js';
import { InvalidOptionsError } from '../errors/invalid-options.error.js';
import { MisspeltNames } from '../misspelt-names.service.js';
import { ProviderDiscovery } from '../provider/provider-discovery.service.js';
import { applicationMethods, type ApplicationMethod } from './application-methods.js';
import { synchronousProblem } from './audited-method.js';
import { auditedEntries, waitOfAudited } from './audited.decorator.js';
import { OperationRecorder } from './operation-recorder.service.js';
import { reasonProblems } from './reason-problems.js';

/**
 * Refuses to boot an application in which a method with the policy `closed` could run unaudited, or an `@AuditReason` has no effect or
 * wrong options. Warns of each `@Audited` whose name is probably misspelt, and logs one line about routes that change state and are neither
 * audited nor left out on purpose.
 */
@Injectable()
export class BootCheck implements OnApplicationBootstrap {
  private readonly logger = new Logger('AuditModule');

  constructor(
    @Inject(AUDIT_OPTIONS) private readonly options: ResolvedAuditOptions,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    @Inject(ProviderDiscovery) private readonly discovery: ProviderDiscovery,
    @Inject(OperationRecorder) private readonly recorder: OperationRecorder,
    @Inject(MisspeltNames) private readonly names: MisspeltNames,
  ) {}

  /** @throws InvalidOptionsError (`AUDIT_OPTIONS_INVALID`) naming each method */
  onApplicationBootstrap(): void {
    const methods = applicationMethods(this.modules);
    const problems = [...this.closedProblems(methods), ...reasonProblems(methods)];
    if (problems.length > 0) throw new InvalidOptionsError(problems);
    this.noteNames(methods);
    this.reportCoverage();
  }

  private closedProblems(methods: readonly ApplicationMethod[]): readonly string[] {
    const { onFailure, onFailureByType, disabledProviders } = this.options;
    const closed = methods.flatMap((method) => {
      const entry = auditedEntries(method.type, method.method).find((each) => this.recorder.isClosed(each));
      return entry ? [{ ...method, name: entry.name }] : [];
    });
    const problems = closed
      .filter(({ method, isHandler }) => !isHandler && waitOfAudited(method) === 'none')
      .map(({ label, name }) => `${label}: ${synchronousProblem(name)}`);
    const isClosed = onFailure === 'closed' || Object.values(onFailureByType).includes('closed') || closed.length > 0;
    if (isClosed && !this.discovery.discover(disabledProviders).enabled.some(({ awaited }) => awaited)) {
      problems.push("onFailure is closed, but no enabled audit provider is waited for (add one, or say 'open')");
    }
    return problems;
  }

  private reportCoverage(): void {
    const coverage = coverageOf(this.modules, this.config);
    if (coverage.checked === 0) return; // a worker without routes needs no such line
    if (coverage.missing.length > 0) this.logger.warn(summarizeCoverage(coverage));
    else this.logger.log(describeCoverage(coverage));
  }

  private noteNames(methods: readonly ApplicationMethod[]): void {
    const labels = new Map<string, Set<string>>();
    for (const { type, method, label } of methods) {
      for (const { name } of auditedEntries(type, method)) labels.set(name, (labels.get(name) ?? new Set()).add(label));
    }
    for (const [name, users] of labels) this.names.note(name, `is what ${[...users].join(', ')} records (@Audited)`);
  }
}
