import { Inject, Injectable } from '@nestjs/common';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from '../audit-options.js';
import { Catalogue } from '../catalogue/catalogue.js';
import { isOwnEvent } from '../catalogue/own-events.js';
import { type RequiredContextField } from '../errors/http.errors.js';
import type { AuditEvent } from '../event/audit-event.js';
import { measureEvent, noteBytes } from '../event/event-bytes.js';
import { isAttemptedLogin } from '../event/login.js';
import { auditErrors } from '../errors/audit.errors.js';
import { httpErrors } from '../errors/http.errors.js';

const NO_FIELDS: readonly RequiredContextField[] = [];

const MISSING_BYTES = 48;

/** Checks that events have the actor and the tenant that the options `requireActor` and `requireTenant` require. */
@Injectable()
export class RequiredContext {
  readonly isRequired: boolean;
  private readonly needsActor: (category: string) => boolean;
  private readonly needsTenant: (category: string) => boolean;

  /** @throws `AUDIT_OPTIONS_INVALID` for an unknown category */
  constructor(
    @Inject(AUDIT_OPTIONS) { requireActor, requireTenant }: ResolvedAuditOptions,
    @Inject(Catalogue) catalogue: Catalogue,
  ) {
    const problems = Object.entries({ requireActor, requireTenant }).flatMap(([option, requested]) =>
      catalogue.unknownCategories(option, typeof requested === 'boolean' ? [] : requested),
    );
    if (problems.length > 0) throw auditErrors.AUDIT_OPTIONS_INVALID(problems);
    this.needsActor = createCategoryTest(requireActor);
    this.needsTenant = createCategoryTest(requireTenant);
    this.isRequired = isAny(requireActor) || isAny(requireTenant);
  }

  /** Lists the required fields that the event lacks. A log-in needs no actor until it succeeds. */
  missingIn(event: AuditEvent): readonly RequiredContextField[] {
    const { type, category, actor, tenantId } = event;
    if (!this.isRequired || isOwnEvent(type)) return NO_FIELDS;
    const missing: RequiredContextField[] = [];
    if (this.needsActor(category) && isAnonymousActor(actor) && !isAttemptedLogin(event)) missing.push('actor');
    if (this.needsTenant(category) && tenantId === undefined) missing.push('tenant');
    return missing;
  }

  /**
   * Returns the event, with the names of missing required fields in `metadata.missingContext`.
   * @throws `AUDIT_CONTEXT_REQUIRED` for a missing field if `isStrict`, but never for a failure or a denial
   */
  withMissing(event: AuditEvent, isStrict: boolean): AuditEvent {
    if (!this.isRequired) return event;
    const missing = this.missingIn(event);
    if (missing.length === 0) return event;
    const isRefusal = event.outcome === 'failure' || event.outcome === 'denied';
    if (isStrict && !isRefusal) throw httpErrors.AUDIT_CONTEXT_REQUIRED.ofRecord(event.type, missing);
    const metadata = Object.freeze({ ...event.metadata, missingContext: Object.freeze([...missing]) });
    const completed = { ...event, metadata };
    noteBytes(completed, measureEvent(event) + MISSING_BYTES);
    return Object.freeze(completed);
  }
}

/** A person needs an id; a service or the system does not. */
function isAnonymousActor({ type, id }: AuditEvent['actor']): boolean {
  return type === 'anonymous' || (id === undefined && (type === 'user' || type === 'admin'));
}

function isAny(requested: boolean | readonly string[]): boolean {
  return typeof requested === 'boolean' ? requested : requested.length > 0;
}

function createCategoryTest(requested: boolean | readonly string[]): (category: string) => boolean {
  if (typeof requested === 'boolean') return () => requested;
  const categories = new Set(requested);
  return (category) => categories.has(category);
}
