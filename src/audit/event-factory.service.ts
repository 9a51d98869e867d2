import { Inject, Injectable } from '@nestjs/common';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from './audit-options.js';
import { Catalogue, CUSTOM_CATEGORY } from './catalogue/catalogue.js';
import { checkDetails } from './catalogue/check-details.js';
import type { ResolvedEventType } from './catalogue/event-type.js';
import { currentScope } from './context/audit-context.js';
import type { AuditScope } from './context/audit-scope.js';
import { RequiredContext } from './context/required-context.service.js';
import { ProvidedMetadata } from './context/provided-metadata.service.js';
import { InvalidDetailsError, InvalidInputError } from './errors/invalid-input.error.js';
import { pseudonymizer } from './event/redaction/anonymize.js';
import type { AuditDetailsIssue, AuditEvent, AuditRequest, JsonObject } from './event/audit-event.js';
import type { AuditActorInput, AuditInput } from './event/audit-input.js';
import type { AuditOutcome } from './event/outcomes.js';
import { buildContextFacts, buildEvent, type ContextFacts } from './event/build-event.js';
import { TruncationBudget } from './event/truncation-budget.js';
import { clockMs, mintEventId } from './event/mint-event-id.js';
import {
  loggedInAccount,
  isLogIn,
  isTriedLogIn,
  withAccount,
  withTriedAccount,
  type LogInScope,
  typedAccount,
} from './event/log-in.js';
import { JsonNormalizer } from './event/normalize-json.js';
import type { Redaction } from './event/diff-values.js';
import { isGiven } from './event/input-fields.js';
import { readInput, type GivenInput } from './event/read-input.js';
import { readFieldSafely, readSafely } from './event/read-safely.js';
import { bareName, REDACTED, secretNameTest, type SecretNameTest } from './event/redaction/redact-names.js';
import { MisspeltNames } from './misspelt-names.service.js';
import { PersonalNames } from './personal-names.service.js';

/** The facts that the end of a request adds to its event. */
export interface RequestEnd {
  readonly statusCode: number | undefined;
  readonly durationMs: number | undefined;
}

/** How many lists of secret names are kept compiled; those of calls may be different every time. */
const MAX_NAME_LISTS = 256;

/** What one event hides beyond the application's settings. */
export interface PrivacyOptions {
  /** Names of fields to redact in addition to the application's, at any depth. */
  readonly sensitiveFields?: readonly string[] | undefined;
  /** Whether this event is anonymised. Default: the application's `anonymize`. */
  readonly anonymize?: boolean | undefined;
}

/** When and where something happened that this process only reports. */
export interface Elsewhere {
  readonly occurredAt: Date;
  readonly request?: Partial<Record<keyof AuditRequest, unknown>> | undefined;
  /** Names of fields to redact in addition to the application's. */
  readonly sensitiveFields?: readonly string[] | undefined;
  /**
   * Names of fields that hold no secret, whatever their names suggest: a digest of a secret, or a field that a team declares to be a fact.
   */
  readonly shownFields?: readonly string[] | undefined;
}

/** An operation that may be a log-in. */
interface LogIn {
  readonly scope: AuditScope;
  readonly outcome: AuditOutcome;
  /** Returns the client's input. */
  readonly body: () => unknown;
  readonly result?: unknown;
  readonly privacy: PrivacyOptions;
}

/** Makes events: resolves the name, fills in the scope, normalises, redacts, freezes. */
@Injectable()
export class EventFactory {
  /**
   * Tests for secret names, by the names that are secret in addition to the application's: there are few lists, and every event needs one.
   */
  private readonly secretNameTests = new Map<string, SecretNameTest>();
  private readonly harmlessSettings: ReadonlySet<string>;
  private readonly lastFour: ReadonlySet<string>;
  private readonly sensitiveFieldsOf = new Map<string, readonly string[]>();
  private readonly anonymizedNames: ReadonlySet<string>;
  private readonly pseudonym: (text: string) => string;

  constructor(
    @Inject(AUDIT_OPTIONS) private readonly options: ResolvedAuditOptions,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
    @Inject(PersonalNames) private readonly personalNames: PersonalNames,
    @Inject(ProvidedMetadata) private readonly metadata: ProvidedMetadata,
    @Inject(RequiredContext) private readonly required: RequiredContext,
    @Inject(MisspeltNames) private readonly misspelt: MisspeltNames,
  ) {
    const { anonymize, pseudonymKey, sensitiveFieldsByType, harmlessSettings } = options;
    this.harmlessSettings = new Set(harmlessSettings.map(bareName));
    this.lastFour = new Set(Object.keys(options.redaction.fields ?? {}).map(bareName)); // there is no other mode
    for (const [name, list] of Object.entries(sensitiveFieldsByType)) {
      for (const spelling of this.spellingsOf(name)) {
        this.sensitiveFieldsOf.set(spelling, [...(this.sensitiveFieldsOf.get(spelling) ?? []), ...list]);
      }
    }
    const names = typeof anonymize === 'boolean' ? [] : anonymize;
    this.anonymizedNames = new Set(names.flatMap((name) => this.spellingsOf(name)));
    this.pseudonym = pseudonymizer(pseudonymKey);
  }

  /**
   * Creates an event.
   * @param privacy what this event hides beyond the application's settings
   * @param isStrict whether an input that breaks the options throws: for direct calls of `record()`
   * @throws InvalidEventNameError (`AUDIT_EVENT_NAME_INVALID`); with `isStrict` also InvalidDetailsError, InvalidInputError and
   *   RequiredContextError
   */
  create(
    name: string,
    input: AuditInput<unknown>,
    scope = currentScope(),
    end?: RequestEnd,
    privacy: PrivacyOptions = {},
    isStrict = false,
  ): AuditEvent {
    // If a resolver throws, the event is recorded without its field.
    const acting = (): AuditActorInput | undefined => scope && readSafely(() => this.actorOf(scope));
    const given = readInput(input, acting);
    const resolved = this.resolve(name, given);
    if (resolved.category === CUSTOM_CATEGORY) this.misspelt.note(name);
    const actor = acting();
    const event = buildEvent({
      id: mintEventId(),
      occurredAt: new Date(clockMs()),
      resolved,
      input: attributed(given.input, resolved, { named: scope?.actor, acting: actor }),
      detailsIssues: this.issuesOf(given.input, resolved),
      actor,
      tenantId: scope && readSafely(() => this.tenantOf(scope)),
      keepsAnyTenantId: this.options.factFields.includes('/tenantId'),
      request: scope || given.request ? { ...(scope && requestOf(scope, end)), ...given.request } : undefined,
      clientRequestId: scope?.clientRequestId,
      operationId: scope?.operation?.id,
      ambientMetadata: this.metadata.of(scope),
      ...this.redactionOf(resolved, privacy),
    });
    if (isStrict && this.options.detailsValidation === 'throw') {
      if (given.unfit.length > 0) throw new InvalidInputError(event.type, given.unfit);
      if (event.detailsIssues) throw new InvalidDetailsError(event.type, event.detailsIssues);
    }
    return this.required.mark(event, isStrict);
  }

  /**
   * Creates an event of something that happened outside this process: nothing comes from the current scope, and no tenant or actor is
   * required.
   *
   * @throws InvalidEventNameError (`AUDIT_EVENT_NAME_INVALID`)
   */
  createElsewhere(name: string, input: AuditInput<unknown>, elsewhere: Elsewhere): AuditEvent {
    const { occurredAt, request } = elsewhere;
    const given = readInput(input);
    const resolved = this.resolve(name, given);
    return buildEvent({
      id: mintEventId(),
      occurredAt,
      resolved,
      input: attributed(given.input, resolved),
      keepsAnyTenantId: this.options.factFields.includes('/tenantId'),
      request: given.request ? { ...request, ...given.request } : request,
      ...this.redactionOf(resolved, elsewhere),
    });
  }

  /** Redacts a state that is stored outside of its event. It follows the rules for events of this name, and cuts nothing. */
  redactElsewhere(name: string, state: JsonObject, elsewhere: Elsewhere): JsonObject {
    const { isSecretName, anonymizer } = this.redactionOf(this.catalogue.resolve(name, undefined), elsewhere);
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
   * Returns the actor, the tenant and the request of `scope`, as its events will have them.
   *
   * @param name the operation's event name, which decides whether it is anonymised
   */
  contextOf(
    scope: AuditScope,
    given: { readonly name?: string; readonly reason?: unknown; readonly privacy?: PrivacyOptions } = {},
  ): ContextFacts & { readonly action?: string } {
    const resolved = given.name === undefined ? undefined : this.catalogue.resolve(given.name, undefined);
    const facts = buildContextFacts(
      {
        actor: readSafely(() => this.actorOf(scope)),
        tenantId: readSafely(() => this.tenantOf(scope)),
        keepsAnyTenantId: this.options.factFields.includes('/tenantId'),
        request: requestOf(scope, undefined),
        anonymizer: this.redactionOf(resolved ?? {}, given.privacy ?? {}).anonymizer,
      },
      given.reason,
    );
    return resolved ? { ...facts, action: resolved.action } : facts;
  }

  /**
   * Completes the input of a log-in: the account that the client typed; after a success without an actor, the account in its result as the
   * actor; after a failure without a reason, the message of its error.
   */
  describeLogIn(name: string, input: AuditInput, { scope, outcome, body, result, privacy }: LogIn): AuditInput {
    const resolved = this.catalogue.resolve(name, outcome);
    if (!isLogIn(resolved)) return input;
    // Input that was refused as invalid may hold anything.
    const typed = input.reason === 'validation' ? undefined : typedAccount(readSafely(body), scope.httpRequest);
    const isSecret = typed && this.redactionOf(resolved, privacy).isSecretName(typed.field);
    const isDone = outcome === 'success';
    const isNobody = isDone && readSafely(() => this.actorOf(scope))?.id === undefined;
    return {
      ...input,
      actor: input.actor ?? (isNobody ? loggedInAccount(result) : undefined),
      reason: input.reason ?? (isDone ? undefined : (readFieldSafely(input.error, 'message') as string | undefined)),
      // An object with fields, as it was, or a new one.
      details: typed
        ? (withAccount(input.details, typed.detail, isSecret ? REDACTED : typed.value) as AuditInput['details'])
        : input.details,
    };
  }

  /** Returns the actor of a scope, as its events will have it. Default: the current scope. */
  currentActor(scope = currentScope()): AuditActorInput | undefined {
    return scope && readSafely(() => this.actorOf(scope));
  }

  /** Resolves the name. With an error, a name that would mean a success becomes a failure. */
  private resolve(name: string, given: GivenInput): ResolvedEventType {
    const outcome = readSafely<unknown, unknown>(() => given.input.outcome, '[unreadable]');
    const resolved = this.catalogue.resolve(name, outcome);
    const isFailed = given.hasFailed && !isGiven(outcome) && resolved.outcome === 'success';
    return isFailed ? this.catalogue.resolve(name, 'failure') : resolved;
  }

  private issuesOf(input: AuditInput<unknown>, { details }: ResolvedEventType): readonly AuditDetailsIssue[] {
    if (!details || this.options.detailsValidation === 'off') return [];
    return checkDetails(
      readSafely(() => input.details),
      details,
    );
  }

  /** Returns the redaction for a diff of states, and for an event without settings of its own. */
  redactionOf(
    resolved: Partial<ResolvedEventType>,
    { sensitiveFields = [], shownFields = [], anonymize }: PrivacyOptions & Pick<Elsewhere, 'shownFields'>,
  ): Redaction {
    const { type = '', action = '' } = resolved;
    const byType = [type, action].flatMap((name) => this.sensitiveFieldsOf.get(name) ?? []);
    const byDefault =
      this.options.anonymize === true || this.anonymizedNames.has(type) || this.anonymizedNames.has(action);
    return {
      isSecretName: this.secretNameTestOf([...byType, ...textsOf(sensitiveFields)], shownFields),
      anonymizer:
        (anonymize ?? byDefault)
          ? { isPersonalName: this.personalNames.testFor(resolved.type), pseudonym: this.pseudonym }
          : undefined,
    };
  }

  private spellingsOf(name: string): readonly string[] {
    return [...new Set([name, this.catalogue.canonicalName(name)])];
  }

  /** @param shown names that are harmless, whatever they suggest */
  private secretNameTestOf(names: readonly string[], shown: readonly string[]): SecretNameTest {
    const key = [...names, '', ...shown].join('\n');
    let test = this.secretNameTests.get(key);
    if (!test) {
      const all = [...this.options.sensitiveFields, ...names];
      test = secretNameTest(all, this.harmlessSettings, this.lastFour, new Set(shown));
      if (this.secretNameTests.size < MAX_NAME_LISTS) this.secretNameTests.set(key, test);
    }
    return test;
  }

  private actorOf(scope: AuditScope): AuditActorInput | undefined {
    const actor = scope.actor ?? this.signedIn(scope);
    return scope.onBehalfOf && !actor?.onBehalfOf ? { ...actor, onBehalfOf: scope.onBehalfOf } : actor;
  }

  private signedIn({ httpRequest, acting }: AuditScope): AuditActorInput | undefined {
    const actor = httpRequest && readSafely(() => this.options.resolveActor(httpRequest));
    return actor?.id === undefined ? (acting ?? actor) : actor;
  }

  private tenantOf(scope: AuditScope): string | undefined {
    return scope.tenantId ?? (scope.httpRequest ? this.options.resolveTenant(scope.httpRequest) : undefined);
  }
}

/** Returns the input with its actor and resource corrected, if the event is a log-in that did not succeed. */
function attributed(
  input: AuditInput<unknown>,
  resolved: ResolvedEventType,
  by: LogInScope = { named: undefined, acting: undefined },
): AuditInput<unknown> {
  return isTriedLogIn(resolved) ? withTriedAccount(input, by) : input;
}

/** Keeps the texts of a list: a wrong list must not cost the event. */
function textsOf(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
}

function requestOf(scope: AuditScope, end: RequestEnd | undefined): Partial<Record<keyof AuditRequest, unknown>> {
  const { requestId: id, ip, userAgent, method, traceId } = scope;
  const route = readSafely(() => scope.route?.());
  return { id, ip, userAgent, method, route, statusCode: end?.statusCode, durationMs: end?.durationMs, traceId };
}
