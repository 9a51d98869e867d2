import { Inject, Injectable } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from './audit-options.js';
import { Catalogue } from './catalogue/catalogue.js';
import { checkDetails } from './catalogue/check-details.js';
import type { ResolvedEventType } from './catalogue/event-type.js';
import { currentScope } from './context/audit-context.js';
import type { AuditScope } from './context/audit-scope.js';
import type { AuditDetailsIssue, AuditEvent, AuditRequest } from './event/audit-event.js';
import type { AuditActorInput, AuditInput } from './event/audit-input.js';
import { buildEvent } from './event/build-event.js';
import { readSafely } from './event/read-safely.js';
import { secretNameTest } from './event/sensitive-names.js';

/** What the end of a request adds to its event. */
export type RequestEnd = Pick<AuditRequest, 'statusCode' | 'durationMs'>;

type SecretNameTest = (name: string) => boolean;

/** Makes events: resolves the name, fills in the scope, normalises, redacts, freezes. */
@Injectable()
export class EventFactory {
  private readonly isSecretName: SecretNameTest;
  /** By the very list: that of an `@Audited` is the same for each of its events. */
  private readonly testsOfCalls = new WeakMap<readonly string[], SecretNameTest>();

  constructor(
    @Inject(AUDIT_OPTIONS) private readonly options: ResolvedAuditOptions,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
  ) {
    this.isSecretName = secretNameTest(options.sensitiveFields);
  }

  /**
   * @param scope the operation's scope; default: the current one
   * @param sensitiveFields names to redact besides the default list and the application's
   * @throws InvalidEventNameError (`AUDIT_EVENT_NAME_INVALID`)
   */
  create(
    name: string,
    input: AuditInput<unknown>,
    scope = currentScope(),
    end?: RequestEnd,
    sensitiveFields?: readonly string[],
  ): AuditEvent {
    const resolved = this.catalogue.resolve(
      name,
      readSafely(() => input.outcome),
    );
    return buildEvent({
      id: uuidv7(),
      occurredAt: new Date(),
      resolved,
      input,
      detailsIssues: this.issuesOf(input, resolved),
      // A resolver that throws costs its field, never the event.
      actor: scope && readSafely(() => this.actorOf(scope)),
      tenantId: scope && readSafely(() => this.tenantOf(scope)),
      request: scope ? requestOf(scope, end) : undefined,
      isSecretName: this.secretNamesOf(sensitiveFields),
    });
  }

  private issuesOf(input: AuditInput<unknown>, { details }: ResolvedEventType): readonly AuditDetailsIssue[] {
    if (!details || this.options.detailsValidation === 'off') return [];
    return checkDetails(
      readSafely(() => input.details),
      details,
    );
  }

  private actorOf(scope: AuditScope): AuditActorInput | undefined {
    const actor = scope.actor ?? (scope.httpRequest ? this.options.resolveActor(scope.httpRequest) : undefined);
    return scope.onBehalfOf && !actor?.onBehalfOf ? { ...actor, onBehalfOf: scope.onBehalfOf } : actor;
  }

  private secretNamesOf(ofCall: readonly string[] | undefined): SecretNameTest {
    if (!Array.isArray(ofCall) || ofCall.length === 0) return this.isSecretName; // careless callers may pass anything
    const known = this.testsOfCalls.get(ofCall);
    if (known) return known;
    const names = (ofCall as readonly unknown[]).filter((name) => typeof name === 'string');
    const test = secretNameTest([...this.options.sensitiveFields, ...names]);
    this.testsOfCalls.set(ofCall, test);
    return test;
  }

  private tenantOf(scope: AuditScope): string | undefined {
    return scope.tenantId ?? (scope.httpRequest ? this.options.resolveTenant(scope.httpRequest) : undefined);
  }
}

function requestOf(scope: AuditScope, end: RequestEnd | undefined): Partial<Record<keyof AuditRequest, unknown>> {
  const { requestId: id, ip, userAgent, method, traceId } = scope;
  return { id, ip, userAgent, method, route: readSafely(() => scope.route?.()), traceId, ...end };
}
