import { Inject, Injectable } from '@nestjs/common';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from '../audit-options.js';
import { Catalogue } from '../catalogue/catalogue.js';
import { isOwnEvent } from '../catalogue/own-events.js';
import { type RequiredContextField } from '../errors/http.errors.js';
import type { AuditEvent } from '../event/audit-event.js';
import { eventBytes, noteBytes } from '../event/event-bytes.js';
import { isTriedLogIn } from '../event/log-in.js';
import { auditErrors } from '../errors/audit.errors.js';
import { httpErrors } from '../errors/http.errors.js';

const NONE: readonly RequiredContextField[] = [];

const MISSING_BYTES = 48;

/** Checks that events have the actor and the tenant that the options `requireActor` and `requireTenant` require. */
@Injectable()
export class RequiredContext {
  readonly isAsked: boolean;
  private readonly needsActor: (category: string) => boolean;
  private readonly needsTenant: (category: string) => boolean;

  /** @throws `AUDIT_OPTIONS_INVALID` for an unknown category */
  constructor(
    @Inject(AUDIT_OPTIONS) { requireActor, requireTenant }: ResolvedAuditOptions,
    @Inject(Catalogue) catalogue: Catalogue,
  ) {
    const problems = Object.entries({ requireActor, requireTenant }).flatMap(([option, asked]) =>
      catalogue.unknownCategories(option, typeof asked === 'boolean' ? [] : asked),
    );
    if (problems.length > 0) throw auditErrors.AUDIT_OPTIONS_INVALID(problems);
    this.needsActor = categoryTest(requireActor);
    this.needsTenant = categoryTest(requireTenant);
    this.isAsked = isAny(requireActor) || isAny(requireTenant);
  }

  /** Lists the required fields that the event lacks. A log-in needs no actor until it succeeds. */
  missingIn(event: AuditEvent): readonly RequiredContextField[] {
    const { type, category, actor, tenantId } = event;
    if (!this.isAsked || isOwnEvent(type)) return NONE;
    const missing: RequiredContextField[] = [];
    if (this.needsActor(category) && isNobody(actor) && !isTriedLogIn(event)) missing.push('actor');
    if (this.needsTenant(category) && tenantId === undefined) missing.push('tenant');
    return missing;
  }

  /**
   * Returns the event, with the names of missing required fields in `metadata.missingContext`.
   * @throws `AUDIT_CONTEXT_REQUIRED` for a missing field if `isStrict`, but never for a failure or a denial
   */
  withMissing(event: AuditEvent, isStrict: boolean): AuditEvent {
    if (!this.isAsked) return event;
    const missing = this.missingIn(event);
    if (missing.length === 0) return event;
    const isRefusal = event.outcome === 'failure' || event.outcome === 'denied';
    if (isStrict && !isRefusal) throw httpErrors.AUDIT_CONTEXT_REQUIRED.ofRecord(event.type, missing);
    const metadata = Object.freeze({ ...event.metadata, missingContext: Object.freeze([...missing]) });
    const completed = { ...event, metadata };
    noteBytes(completed, eventBytes(event) + MISSING_BYTES);
    return Object.freeze(completed);
  }
}

/** A person needs an id; a service or the system does not. */
function isNobody({ type, id }: AuditEvent['actor']): boolean {
  return type === 'anonymous' || (id === undefined && (type === 'user' || type === 'admin'));
}

function isAny(asked: boolean | readonly string[]): boolean {
  return typeof asked === 'boolean' ? asked : asked.length > 0;
}

function categoryTest(asked: boolean | readonly string[]): (category: string) => boolean {
  if (typeof asked === 'boolean') return () => asked;
  const categories = new Set(asked);
  return (category) => categories.has(category);
}
