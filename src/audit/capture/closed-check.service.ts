import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from '../audit-options.js';
import { InvalidOptionsError } from '../errors/invalid-options.error.js';
import { ProviderDiscovery } from '../provider/provider-discovery.service.js';
import { applicationMethods } from './application-methods.js';
import { synchronousProblem } from './audited-method.js';
import { auditedEntries, waitOfAudited } from './audited.decorator.js';
import type { AuditedEntry } from './audited-options.js';
import { OperationRecorder } from './operation-recorder.service.js';

/** Refuses to boot an application in which a method with the policy `closed` could run unaudited. */
@Injectable()
export class ClosedCheck implements OnApplicationBootstrap {
  constructor(
    @Inject(AUDIT_OPTIONS) private readonly options: ResolvedAuditOptions,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(ProviderDiscovery) private readonly discovery: ProviderDiscovery,
    @Inject(OperationRecorder) private readonly recorder: OperationRecorder,
  ) {}

  /** @throws InvalidOptionsError (`AUDIT_OPTIONS_INVALID`) naming each method */
  onApplicationBootstrap(): void {
    const methods = this.closedMethods();
    const problems = methods.flatMap(({ label, entry, isSynchronous }) =>
      isSynchronous ? [`${label}: ${synchronousProblem(entry.name)}`] : [],
    );
    if ((this.hasClosedOption() || methods.length > 0) && !this.hasAwaitedProvider()) {
      problems.push("onFailure is closed, but no enabled audit provider is waited for (add one, or say 'open')");
    }
    if (problems.length > 0) throw new InvalidOptionsError(problems);
  }

  private hasClosedOption(): boolean {
    const { onFailure, onFailureByType } = this.options;
    return onFailure === 'closed' || Object.values(onFailureByType).includes('closed');
  }

  private hasAwaitedProvider(): boolean {
    return this.discovery.discover(this.options.disabledProviders).enabled.some(({ awaited }) => awaited);
  }

  private closedMethods(): readonly {
    readonly label: string;
    readonly entry: AuditedEntry;
    readonly isSynchronous: boolean;
  }[] {
    return applicationMethods(this.modules).flatMap(({ type, method, label, isHandler }) => {
      const entry = auditedEntries(type, method).find((each) => this.recorder.isClosed(each));
      return entry ? [{ label, entry, isSynchronous: !isHandler && waitOfAudited(method) === 'none' }] : [];
    });
  }
}
