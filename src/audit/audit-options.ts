import type { InjectionToken, ModuleMetadata } from '@nestjs/common';
import type { AuditEventDefinition } from './catalogue/define-audit-events.js';
import { actorOfUser, tenantOfUser } from './context/actor-of-request.js';
import type { AuditScopeValues } from './context/audit-scope.js';
import { DELIVERY_TIMING } from './delivery/delivery-timing.js';
import type { AuditActorInput } from './event/audit-input.js';
import type { BeginTransaction } from './transaction/transaction-manager.js';

/**
 * What happens to an operation whose event cannot be stored. `open`: the operation continues. `closed`: the operation does not start, or
 * is rolled back.
 */
export const FAILURE_POLICIES = ['open', 'closed'] as const;
export type AuditFailurePolicy = (typeof FAILURE_POLICIES)[number];

/**
 * What happens to details that contradict the catalogue. `off`: nothing. `mark`: the event is recorded with a list of the problems.
 * `throw`: an error is thrown.
 */
export const DETAILS_VALIDATIONS = ['off', 'mark', 'throw'] as const;
export type AuditDetailsValidation = (typeof DETAILS_VALIDATIONS)[number];

/**
 * What a resolved receipt promises. `durable`: the event is stored or spilled. `transactional`: the event is part of the current
 * transaction: a commit stores it, and a rollback removes it.
 */
export type AuditDelivery = 'durable' | 'transactional';

/** The ways to redact a field in part: `lastFour` shows the last four characters. */
export const REDACTION_MODES = ['lastFour'] as const;
export type AuditRedactionMode = (typeof REDACTION_MODES)[number];

/** The value of the option `redaction`. */
export interface RedactionOptions {
  /** How to redact a field, by the name of the field, at any depth. Case and separators in the name do not matter. */
  readonly fields?: Readonly<Record<string, AuditRedactionMode>>;
}

/** The options of `AuditModule.forRoot`. */
export interface AuditModuleOptions {
  /** The backends of providers that get no events. @defaultValue [] */
  readonly disabledProviders?: readonly string[];
  /** How long an operation waits for a provider, in milliseconds: 1 to 600,000. @defaultValue 5000 */
  readonly providerTimeoutMs?: number;
  /**
   * What happens when no provider can store an event. With `open`, the operation continues. With `closed`, an `attempted` event is stored
   * before the handler starts; if that fails, the response is HTTP 503. @defaultValue 'open'
   */
  readonly onFailure?: AuditFailurePolicy;
  /**
   * The folder for events that a provider could not store. The folder must be on a local disk that outlives the process. Required with
   * `NODE_ENV=production`. With `false`, events that a provider cannot store are lost, and the log reports them. Default: `.data/spill`
   * under the working directory; with `NODE_ENV=test`, `false`.
   */
  readonly spillDir?: string | false | undefined;
  /**
   * The key that signs the lines of the spill, and the rows of the ledger's inbox (HMAC-SHA-256), so that nobody can add events by writing
   * into the folder or into the inbox. The key is a secret of at least 32 characters, stored outside the folder, and equal for all
   * instances. To change the key, give a list, or one text with commas between the keys, so no key contains a comma: the first key signs, and every key verifies. Required with `NODE_ENV=production`. Default: a key file beside the folder.
   */
  readonly spillKey?: string | readonly string[] | undefined;
  /** The maximum size of the spill in bytes, at least 1 MiB. A full spill stores no further events. @defaultValue 1073741824 */
  readonly maxSpillBytes?: number;
  /**
   * How many failures and denials of one source (an address or an actor) are recorded per minute: 1 to 1,000,000. All further failures and
   * denials are counted in one event per minute, `audit_failures_counted`. `false` records each failure and denial. Errors of the server
   * (5xx) are always recorded. @defaultValue 60
   */
  readonly maxFailuresPerMinute?: number | false;
  /**
   * Returns the current transaction of a client other than TypeORM, so that `record()` joins it without an argument; `undefined` outside a
   * transaction. It accepts what `record()` accepts as `transaction`. The library calls this function for each successful event.
   */
  readonly currentTransaction?: () => unknown;
  /**
   * Runs a function in a transaction of your client, for `@AuditedTransaction`: `(work) => db.transaction(work)`. By default,
   * `@AuditedTransaction` uses TypeORM. See the guide to transactions for other clients.
   */
  readonly transactions?: BeginTransaction;
  /** The names of fields to redact at any depth, in addition to the default list. @defaultValue [] */
  readonly sensitiveFields?: readonly string[];
  /**
   * Fields to redact in part: `{ fields: { token: 'lastFour' } }` shows the last four characters of a text of at least 12 characters. The
   * names of fields with passwords or codes are not allowed. @defaultValue {}
   */
  readonly redaction?: RedactionOptions;
  /**
   * How to check details against the catalogue. `mark` records the details and lists the problems in the event's `detailsIssues`. `throw`,
   * for tests, makes `record()` reject with `AUDIT_DETAILS_INVALID`, and with `AUDIT_INPUT_INVALID` for input that does not fit into an event. With
   * `off`, details are not checked. @defaultValue 'mark'
   */
  readonly detailsValidation?: AuditDetailsValidation;
  /** Which events are anonymised: all events, or the events of the listed actions, event types and aliases. @defaultValue false */
  readonly anonymize?: boolean | readonly string[];
  /**
   * The key for pseudonyms (HMAC-SHA-256), a secret of at least 32 characters. Anyone who has the key can check whether a pseudonym belongs
   * to a given name. With another key, the same person gets another pseudonym. Required by `anonymize`.
   */
  readonly pseudonymKey?: string;
  /** The names of details that are personal, in addition to the default list. @defaultValue [] */
  readonly personalFields?: readonly string[];
  /**
   * The names of fields whose texts are never personal, for example `status`. These texts are sealed as facts, and remain when a person is
   * erased. Name a field of the event itself by its JSON Pointer: `/resource/id`. With `/tenantId` in the list, a tenant id may be any
   * text. Without `/tenantId`, only an id or a name (`acme`, `Smith Ltd`) is stored as the tenant. Any other text, for example an e-mail
   * address, is stored as `metadata.givenTenantId`.
   * @defaultValue []
   */
  readonly factFields?: readonly string[];
  /**
   * The values of the application's own enumerations, for example the reasons for a cancellation. These values are facts in any field.
   * @defaultValue []
   */
  readonly factWords?: readonly string[];
  /**
   * The addresses and ranges (`10.0.0.0/8`) of the proxies whose request ids are used. Default: the request ids of all clients are used. A
   * request id must be a UUID, a ULID, a trace id, or 16 to 64 hexadecimal digits.
   */
  readonly requestIdProxies?: readonly string[];
  /**
   * The header with the request id, in requests and in responses, for example `X-Correlation-Id`. If you set this option, every response
   * contains the header. Otherwise, only the responses of audited routes and the responses to requests with the header contain it. A request that is
   * refused before it reaches its route, for example for a malformed body, does not count as a request to an audited route.
   * @defaultValue 'x-request-id'
   */
  readonly correlationHeader?: string;
  /**
   * A synchronous function that returns fields for the metadata of every event. The library calls the function for each event, with the
   * values of the context. Fields of the context (`AuditContext.set({ metadata })`) and of the event itself take precedence. If the
   * function throws, the event is recorded without these fields, and gets `metadata.metadataIssue`.
   */
  readonly metadataProvider?: (
    scope: Readonly<AuditScopeValues> | undefined,
  ) => Readonly<Record<string, unknown>> | undefined;
  /**
   * Which events must have an actor: all events, or the events of the listed categories. An audited operation without an actor does not
   * start (HTTP 403 `AUDIT_CONTEXT_REQUIRED`), and `record()` throws. Failures and denials are still recorded, with
   * `metadata.missingContext`.
   * @defaultValue false
   */
  readonly requireActor?: boolean | readonly string[];
  /** Whether events must name a tenant, with the same rules as `requireActor`. @defaultValue false */
  readonly requireTenant?: boolean | readonly string[];
  /** The application's own event types, made by {@link defineAuditEvents}. @defaultValue [] */
  readonly events?: readonly AuditEventDefinition[];
  /** Returns the actor of an HTTP request. The library calls this function after the guards. Default: the actor from `request.user`. */
  readonly resolveActor?: (request: unknown) => AuditActorInput | undefined;
  /** Returns the tenant of an HTTP request. The library calls this function after the guards. Default: `request.user.tenantId`. */
  readonly resolveTenant?: (request: unknown) => string | undefined;
}

/** The options of `AuditModule.forRootAsync`: a factory returns the options of `forRoot`. */
export interface AuditModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly inject?: InjectionToken[];
  readonly useFactory: (...dependencies: never[]) => AuditModuleOptions | Promise<AuditModuleOptions>;
}

/** The default values of the options. */
export const DEFAULTS = {
  disabledProviders: [],
  providerTimeoutMs: DELIVERY_TIMING.providerTimeoutMs,
  onFailure: 'open',
  maxSpillBytes: 1024 * 1024 * 1024,
  maxFailuresPerMinute: 60,
  sensitiveFields: [],
  redaction: {},
  detailsValidation: 'mark',
  anonymize: false,
  personalFields: [],
  factFields: [],
  factWords: [],
  correlationHeader: 'x-request-id',
  requireActor: false,
  requireTenant: false,
  events: [],
  resolveActor: actorOfUser,
  resolveTenant: tenantOfUser,
} satisfies AuditModuleOptions;

export type ResolvedAuditOptions = Required<Pick<AuditModuleOptions, keyof typeof DEFAULTS>> &
  Pick<
    AuditModuleOptions,
    'pseudonymKey' | 'requestIdProxies' | 'metadataProvider' | 'currentTransaction' | 'transactions'
  > & {
    /** `undefined`: the spill is switched off. */
    readonly spillDir: string | undefined;
    /** Empty: the key is in a file beside the folder. */
    readonly spillKey: readonly string[];
    /** Whether the application set `correlationHeader`, so that every response contains the request id. */
    readonly returnsEveryRequestId: boolean;
  };

/** The injection token of {@link ResolvedAuditOptions}. */
export const AUDIT_OPTIONS = Symbol.for('nestjs-audit-ledger:options');
