import { Inject, Injectable } from '@nestjs/common';
import { AUDIT_OPTIONS, type AuditFailurePolicy, type ResolvedAuditOptions } from './audit-options.js';
import { Catalogue } from './catalogue/catalogue.js';
import type { AuditEvent } from './event/audit-event.js';
import { memoize } from './event/memoize.js';

const ENDS = ['success', 'partial', 'failure'] as const;

/** Decides what happens to an operation whose event cannot be stored anywhere. */
@Injectable()
export class FailurePolicies {
  private readonly byName = new Map<string, AuditFailurePolicy>();

  private readonly isClosedName: (name: string) => boolean;

  constructor(
    @Inject(AUDIT_OPTIONS) private readonly options: ResolvedAuditOptions,
    @Inject(Catalogue) catalogue: Catalogue,
  ) {
    for (const [name, policy] of Object.entries(options.onFailureByType)) {
      // The policy applies to both spellings, since a name may be both an action and an alias of an event type.
      for (const spelling of [name, catalogue.canonicalName(name)]) this.byName.set(spelling, policy);
    }
    this.isClosedName = memoize((name) =>
      ENDS.some((outcome) => this.policyOf(catalogue.resolve(name, outcome), undefined) === 'closed'),
    );
  }

  /** @param given the policy of the call or the route. Default: the policy of the event type, else of its action, else of the application. */
  policyOf(
    { type, action }: Pick<AuditEvent, 'type' | 'action'>,
    given: AuditFailurePolicy | undefined,
  ): AuditFailurePolicy {
    return given ?? this.byName.get(type) ?? this.byName.get(action) ?? this.options.onFailure;
  }

  /**
   * Whether any outcome of an operation with this name has the policy `closed`. Such an operation must not run if its event cannot be
   * stored.
   */
  isClosed(name: string, given: AuditFailurePolicy | undefined): boolean {
    if (given !== undefined) return given === 'closed';
    return this.isClosedName(name);
  }
}
