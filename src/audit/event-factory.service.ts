import { Inject, Injectable } from '@nestjs/common';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from './audit-options.js';
import { Catalogue, CUSTOM_CATEGORY } from './catalogue/catalogue.js';
import { checkDetails, type ResolvedEventType } from './catalogue/event-type.js';
import { getCurrentScope } from './context/audit-context.js';
import { resolveCredential, hasCredential } from './context/request-credential.js';
import type { AuditScope, SignedIn } from './context/audit-scope.js';
import { RequiredContext } from './context/required-context.service.js';
import { ProvidedMetadata } from './context/provided-metadata.service.js';
import type { AuditDetailsIssue } from '../base/errors/audit.error.js';
import type { AuditEvent, JsonObject } from './event/audit-event.js';
import type { AuditActorInput, AuditInput } from './event/audit-input.js';
import type { AuditOutcome } from '../base/event/outcomes.js';
import { buildContextFacts, buildEvent, type ContextFacts } from './event/build-event.js';
import { TruncationBudget } from './event/truncation-budget.js';
import { getClockMs, generateEventId } from './event/generate-event-id.js';
import {
  loggedInAccount,
  isLogin,
  isAttemptedLogin,
  addAccount,
  addAttemptedAccount,
  type LoginScope,
  getTypedAccount,
} from './event/login.js';
import { JsonNormalizer } from './event/normalize-json.js';
import { isPresent } from './event/input-fields.js';
import { readInput, type SuppliedInput } from './event/read-input.js';
import { readFieldSafely, readSafely } from '../base/read-safely.js';
import { buildScopeRequest, type RequestField } from '../base/event/request-fields.js';
import { EventRedaction, type PrivacyOptions, type ShownFields } from './event-redaction.js';
import { REDACTED } from '../base/secrets/redact-names.js';
import { MisspelledNames } from './misspelled-names.service.js';
import { PersonalNames } from './personal-names.service.js';
import { auditErrors } from './errors/audit.errors.js';

/** The fields of an event that are known only at the end of a request. */
export interface RequestResult {
  readonly statusCode: number | undefined;
  readonly durationMs: number | undefined;
}

interface Creation {
  /** Default: the current scope. */
  readonly scope?: AuditScope | undefined;
  readonly end?: RequestResult | undefined;
  readonly privacy?: PrivacyOptions | undefined;
  /** Whether to throw an error if the input violates the options. */
  readonly isStrict?: boolean;
}

/** What is known about something that happened outside this process: its time, its request, and how to redact it. */
export interface ExternalEvent extends Pick<PrivacyOptions, 'sensitiveFields'>, ShownFields {
  readonly occurredAt: Date;
  readonly request?: Partial<Record<RequestField, unknown>> | undefined;
}

interface LogIn {
  readonly scope: AuditScope;
  readonly outcome: AuditOutcome;
  readonly body: () => unknown;
  readonly result?: unknown;
  readonly privacy: PrivacyOptions;
}

/** Makes events: resolves the name, adds the values of the scope, normalises, redacts, freezes. */
@Injectable()
export class EventFactory {
  readonly redaction: EventRedaction;

  constructor(
    @Inject(AUDIT_OPTIONS) private readonly options: ResolvedAuditOptions,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
    @Inject(PersonalNames) personalNames: PersonalNames,
    @Inject(ProvidedMetadata) private readonly metadata: ProvidedMetadata,
    @Inject(RequiredContext) private readonly required: RequiredContext,
    @Inject(MisspelledNames) private readonly misspelled: MisspelledNames,
  ) {
    this.redaction = new EventRedaction(options, catalogue, personalNames);
  }

  /**
   * Creates an event.
   *
   * @throws `AUDIT_EVENT_NAME_INVALID`; with `isStrict` also `AUDIT_DETAILS_INVALID`, `AUDIT_INPUT_INVALID` and
   *   `AUDIT_CONTEXT_REQUIRED`
   */
  create(
    name: string,
    input: AuditInput<unknown>,
    { scope = getCurrentScope(), end, privacy = {}, isStrict = false }: Creation = {},
  ): AuditEvent {
    // If `resolveActor` or `resolveTenant` throws, the event lacks the actor or the tenant.
    const acting = (): AuditActorInput | undefined => this.currentActor(scope);
    const given = readInput(input, acting);
    const resolved = this.resolve(name, given);
    if (resolved.category === CUSTOM_CATEGORY) this.misspelled.note(name);
    const actor = acting();
    const now = getClockMs(); // one reading, so that the list, which is sorted by id, is also sorted by time
    const event = buildEvent({
      id: generateEventId(now),
      occurredAt: new Date(now),
      resolved,
      input: attributeInput(given.input, resolved, { named: scope?.actor, acting: actor }),
      detailsIssues: this.findIssues(given.input, resolved),
      actor,
      tenantId: this.currentTenant(scope),
      acceptsAnyTenantId: this.options.factFields.includes('/tenantId'),
      request: scope || given.request ? { ...(scope && this.getRequest(scope, end)), ...given.request } : undefined,
      clientRequestId: scope?.clientRequestId,
      operationId: scope?.operation?.id,
      ambientMetadata: this.metadata.of(scope),
      ...this.redaction.of(resolved, privacy),
    });
    if (isStrict && this.options.detailsValidation === 'throw') {
      if (given.unfit.length > 0) throw auditErrors.AUDIT_INPUT_INVALID.unfit(event.type, given.unfit);
      if (event.detailsIssues) throw auditErrors.AUDIT_DETAILS_INVALID(event.type, event.detailsIssues);
    }
    return this.required.withMissing(event, isStrict);
  }

  /**
   * Creates an event of something that happened outside this process, without values of the current scope. The options `requireActor` and
   * `requireTenant` do not apply.
   *
   * @throws `AUDIT_EVENT_NAME_INVALID`
   */
  createExternal(name: string, input: AuditInput<unknown>, external: ExternalEvent): AuditEvent {
    const { occurredAt, request } = external;
    const given = readInput(input);
    const resolved = this.resolve(name, given);
    return buildEvent({
      id: generateEventId(),
      occurredAt,
      resolved,
      input: attributeInput(given.input, resolved),
      acceptsAnyTenantId: this.options.factFields.includes('/tenantId'),
      request: given.request ? { ...request, ...given.request } : request,
      ...this.redaction.of(resolved, external),
    });
  }

  /** Redacts a state that is stored outside of its event, by the rules for events of this name, without a size bound. */
  redactExternal(name: string, state: JsonObject, external: ExternalEvent): JsonObject {
    const { isSecretName, anonymizer } = this.redaction.of(this.catalogue.resolve(name, undefined), external);
    const normalizer = new JsonNormalizer(
      isSecretName,
      new TruncationBudget(Infinity),
      anonymizer,
      undefined,
      Infinity,
    );
    return normalizer.normalize(state) as JsonObject; // an object stays an object
  }

  /**
   * Returns the actor, the tenant and the request of `scope` in the form that an event contains.
   *
   * @param input the event name and the privacy of the operation, which decide whether to anonymise
   */
  getContext(
    scope: AuditScope,
    input: { readonly name?: string; readonly reason?: unknown; readonly privacy?: PrivacyOptions } = {},
  ): ContextFacts & { readonly action?: string } {
    const resolved = input.name === undefined ? undefined : this.catalogue.resolve(input.name, undefined);
    const facts = buildContextFacts(
      {
        actor: this.currentActor(scope),
        tenantId: this.currentTenant(scope),
        acceptsAnyTenantId: this.options.factFields.includes('/tenantId'),
        request: this.getRequest(scope),
        anonymizer: this.redaction.of(resolved ?? {}, input.privacy ?? {}).anonymizer,
      },
      input.reason,
    );
    return resolved ? { ...facts, action: resolved.action } : facts;
  }

  /**
   * Completes the input of a log-in with the account that the client typed. After a success without an actor, the account in the result is
   * the actor. After a failure without a reason, the reason is the message of the error.
   */
  describeLogIn(name: string, input: AuditInput, { scope, outcome, body, result, privacy }: LogIn): AuditInput {
    const resolved = this.catalogue.resolve(name, outcome);
    if (!isLogin(resolved)) return input;
    // The account in invalid input is not used, since it may be any text.
    const typed = input.reason === 'validation' ? undefined : getTypedAccount(readSafely(body));
    const isSecret = typed && this.redaction.of(resolved, privacy).isSecretName(typed.field);
    const isDone = outcome === 'success';
    const isNobody = isDone && readSafely(() => this.resolveActor(scope))?.id === undefined;
    const now =
      isNobody && scope.isShared === true && scope.httpRequest ? this.signedInOn(scope.httpRequest) : undefined;
    return {
      ...input,
      actor: input.actor ?? (isNobody ? (loggedInAccount(result) ?? now?.actor) : undefined),
      tenantId: input.tenantId ?? now?.tenantId,
      reason: input.reason ?? (isDone ? undefined : (readFieldSafely(input.error, 'message') as string | undefined)),
      // The given details, or a new object.
      details: typed
        ? (addAccount(
            input.details,
            typed.field === 'email' ? 'email' : 'username',
            isSecret ? REDACTED : typed.value,
          ) as AuditInput['details'])
        : input.details,
    };
  }

  /** Returns the actor of a scope in the form that an event contains. Default: the current scope. */
  currentActor(scope = getCurrentScope()): AuditActorInput | undefined {
    return scope && readSafely(() => this.resolveActor(scope));
  }

  currentTenant(scope = getCurrentScope()): string | undefined {
    return scope && readSafely(() => this.resolveTenant(scope));
  }

  private resolve(name: string, input: SuppliedInput): ResolvedEventType {
    const outcome = readSafely<unknown, unknown>(() => input.input.outcome, '[unreadable]');
    const resolved = this.catalogue.resolve(name, outcome);
    const isFailed = input.hasFailed && !isPresent(outcome) && resolved.outcome === 'success';
    return isFailed ? this.catalogue.resolve(name, 'failure') : resolved;
  }

  private findIssues(input: AuditInput<unknown>, { details }: ResolvedEventType): readonly AuditDetailsIssue[] {
    if (!details || this.options.detailsValidation === 'off') return [];
    return checkDetails(
      readSafely(() => input.details),
      details,
    );
  }

  private resolveActor(scope: AuditScope): AuditActorInput | undefined {
    const actor = scope.actor ?? this.signedIn(scope).actor;
    return scope.onBehalfOf && !actor?.onBehalfOf ? { ...actor, onBehalfOf: scope.onBehalfOf } : actor;
  }

  /** Notes who is signed in on the request of `scope` when its handler starts. */
  recordActing(scope: AuditScope): void {
    if (scope.httpRequest) scope.acting ??= this.signedInOn(scope.httpRequest);
  }

  private signedInOn(request: object): SignedIn {
    return {
      actor: readSafely(() => this.options.resolveActor(request)),
      tenantId: readSafely(() => this.options.resolveTenant(request)),
      credential: readSafely(() => resolveCredential(request)),
    };
  }

  /** Returns the actor in the request, and `before` if the user at the start of the handler was another one. */
  private signedIn({ httpRequest, acting, isShared }: AuditScope): Pick<SignedIn, 'actor'> & { before?: SignedIn } {
    const actor = httpRequest && readSafely(() => this.options.resolveActor(httpRequest));
    if (!acting || actor?.id === acting.actor?.id) return { actor };
    const isLoginAttempt = acting.actor?.id === undefined && isShared !== true; // by the handler itself
    return isLoginAttempt ? { actor } : { actor: acting.actor, before: acting };
  }

  private getRequest(scope: AuditScope, end?: RequestResult): Partial<Record<RequestField, unknown>> {
    const route = readSafely(() => scope.route?.());
    const { httpRequest } = scope;
    const { actor, before } = httpRequest && !hasCredential(scope) ? this.signedIn(scope) : {};
    // A token is proven only by a user: anybody may send any token.
    const isProven = httpRequest && actor?.id !== undefined;
    const credential = isProven && !before ? readSafely(() => resolveCredential(httpRequest)) : before?.credential;
    return { ...(isProven && credential), ...buildScopeRequest(scope), method: scope.method, route, ...end };
  }

  private resolveTenant(scope: AuditScope): string | undefined {
    const { tenantId, httpRequest, acting } = scope;
    if (tenantId !== undefined || !httpRequest) return tenantId;
    const { before } = acting ? this.signedIn(scope) : {};
    return before ? before.tenantId : (acting?.tenantId ?? this.options.resolveTenant(httpRequest));
  }
}

function attributeInput(
  input: AuditInput<unknown>,
  resolved: ResolvedEventType,
  by: LoginScope = { named: undefined, acting: undefined },
): AuditInput<unknown> {
  return isAttemptedLogin(resolved) ? addAttemptedAccount(input, by) : input;
}
