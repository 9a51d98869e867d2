import { DELIVERY_TIMING } from './delivery/delivery-timing.js';
import type { InjectionToken, ModuleMetadata } from '@nestjs/common';
import type { AuditEventDefinition } from './catalogue/define-audit-events.js';
import { InvalidOptionsError } from './errors/invalid-options.error.js';
import { isAddressRange } from './context/address-ranges.js';
import type { AuditScopeValues } from './context/audit-scope.js';
import { contextProblems } from './context/context-problems.js';
import type { AuditActorInput } from './event/audit-input.js';
import { definedFields } from './event/merge-fields.js';
import { isListOfTexts, isOneOf } from './event/outcomes.js';
import { bareName, secretNameTest } from './event/redaction/redact-names.js';

/**
 * What happens to an operation when no provider can store its event. `open`: it continues. `closed`: it does not start, or is rolled back.
 */
const FAILURE_POLICIES = ['open', 'closed'] as const;
export type AuditFailurePolicy = (typeof FAILURE_POLICIES)[number];

/**
 * What happens to details that contradict the catalogue. `off`: nothing. `mark`: the event is marked. `throw`: the caller gets an error.
 */
const DETAILS_VALIDATIONS = ['off', 'mark', 'throw'] as const;
export type AuditDetailsValidation = (typeof DETAILS_VALIDATIONS)[number];

/**
 * The promise of a resolved receipt. `durable`: the event is stored or spilled. `buffered`: the event is queued, and is stored in the next
 * batch, or before the process ends by a signal or `process.exit()`. `transactional`: the event is part of the current transaction, whose
 * commit stores it and whose rollback undoes it.
 */
export type AuditDelivery = 'durable' | 'buffered' | 'transactional';

/** How a field can be redacted in part: `lastFour` shows its last four characters. */
const REDACTION_MODES = ['lastFour'] as const;
export type AuditRedactionMode = (typeof REDACTION_MODES)[number];

/** The option `redaction`. */
export interface RedactionOptions {
  /** By the field's name, in any case and with any separators, at any depth. */
  readonly fields?: Readonly<Record<string, AuditRedactionMode>>;
}

/** The options of `AuditModule.forRoot`. */
export interface AuditModuleOptions {
  /** Backends of providers that get no events. @defaultValue [] */
  readonly disabledProviders?: readonly string[];
  /** How long an operation waits for a provider, in milliseconds: 1 to 600,000. @defaultValue 5000 */
  readonly providerTimeoutMs?: number;
  /**
   * What happens when no provider can store an event: the operation continues, or nothing happens unaudited. With `closed`,
   * an `attempted` event is stored before the handler starts; otherwise the answer is HTTP 503. @defaultValue 'open'
   */
  readonly onFailure?: AuditFailurePolicy;
  /** `onFailure` for events of these actions, event types and aliases. @defaultValue {} */
  readonly onFailureByType?: Readonly<Record<string, AuditFailurePolicy>>;
  /**
   * Folder for events that a provider could not store, on a local disk that outlives the process. Set it on the first day. Default: `.data/spill` under the
   * working directory; no spill with `NODE_ENV=test`; required with `NODE_ENV=production`.
   */
  readonly spillDir?: string | undefined;
  /**
   * Key that signs the lines of the spill (HMAC-SHA-256), so that nobody can add events by writing into its folder: at least 32
   * characters, kept as a secret outside of the folder, the same for all instances. To change keys, give several: the first signs,
   * and all are accepted. Default: a key file beside the folder; required with `NODE_ENV=production`.
   */
  readonly spillKey?: string | readonly string[] | undefined;
  /** `false` switches the spill off: events that a provider cannot store are lost, and the log reports them. @defaultValue true */
  readonly spill?: boolean;
  /** The maximum size of the spill in bytes, at least 1 MiB; when it is full, recording fails. @defaultValue 1073741824 */
  readonly maxSpillBytes?: number;
  /**
   * How many failures and denials of one source (an address or an actor) are recorded one by one in a minute: 1 to 1,000,000. The
   * rest are counted in one event a minute, `audit_failures_counted`; `false` records all. Errors of the server (5xx) are always
   * recorded. @defaultValue 60
   */
  readonly maxFailuresPerMinute?: number | false;
  /** Names of fields to redact in addition to the default list, at any depth. @defaultValue [] */
  readonly sensitiveFields?: readonly string[];
  /**
   * Fields to redact in part: `{ fields: { token: 'lastFour' } }` shows the last four characters of a text of at least 12. The name
   * of a password or a code is not allowed. @defaultValue {}
   */
  readonly redaction?: RedactionOptions;
  /**
   * Names of settings whose values are not secret, for example `greeting`. An event about a changed setting masks the values unless
   * the name is known to be harmless, as `maxUploadSize` is. The list must not contain the name of a secret. @defaultValue []
   */
  readonly harmlessSettings?: readonly string[];
  /**
   * Events keep details that contradict the catalogue. `mark` lists the problems in the event's `detailsIssues`; `throw`, for tests,
   * rejects `record()` with InvalidDetailsError, and with InvalidInputError for input that does not fit into an event; `off` does not
   * check. @defaultValue 'mark'
   */
  readonly detailsValidation?: AuditDetailsValidation;
  /** Names of fields to redact, by action, event type or alias. @defaultValue {} */
  readonly sensitiveFieldsByType?: Readonly<Record<string, readonly string[]>>;
  /** Which events are anonymised: all, or those of these actions, event types and aliases. @defaultValue false */
  readonly anonymize?: boolean | readonly string[];
  /**
   * Key that makes pseudonyms (HMAC-SHA-256): at least 32 characters, kept as a secret. Anyone with the key can test a guess at a
   * name. With another key, the same person gets another pseudonym. Required by `anonymize`.
   */
  readonly pseudonymKey?: string;
  /** Names of details that are personal, in addition to the default list. @defaultValue [] */
  readonly personalFields?: readonly string[];
  /**
   * Names of fields whose texts are never personal, for example `status`: they are sealed as facts, and stay when a person is
   * erased. Name a field of the event itself by its JSON Pointer: `/resource/id`. With `/tenantId`, tenant ids may have any shape;
   * otherwise a tenant id that is neither an id nor a name (`acme`, `Smith Ltd`), for example an e-mail address, goes to
   * `metadata.givenTenantId`.
   * @defaultValue []
   */
  readonly factFields?: readonly string[];
  /** Values of the application's own enumerations, for example its reasons: facts in any field. @defaultValue [] */
  readonly factWords?: readonly string[];
  /**
   * Addresses and ranges (`10.0.0.0/8`) of the proxies whose `X-Request-Id` is used. Default: it is used from everywhere if it is a
   * UUID, a ULID, a trace id, or 16 to 64 hexadecimal digits.
   */
  readonly requestIdProxies?: readonly string[];
  /**
   * The header with the id of a request and of its response, for example `X-Correlation-Id`.
   * @defaultValue 'x-request-id'
   */
  readonly correlationHeader?: string;
  /**
   * A synchronous function that returns fields for the metadata of every event. It is called for each event, with the values of the
   * context. Fields of the context (`AuditContext.set({ metadata })`) and of the event itself take precedence. If it throws, events
   * are recorded without its fields and marked (`metadata.metadataIssue`).
   */
  readonly metadataProvider?: (
    scope: Readonly<AuditScopeValues> | undefined,
  ) => Readonly<Record<string, unknown>> | undefined;
  /**
   * Whether events must name an actor: all events, or those of these categories. An audited operation without an actor does not
   * start (HTTP 403 `AUDIT_CONTEXT_REQUIRED`), and `record()` throws. Failures and denials are still recorded, marked
   * `metadata.missingContext`.
   * @defaultValue false
   */
  readonly requireActor?: boolean | readonly string[];
  /** Whether events must name a tenant: like `requireActor`. @defaultValue false */
  readonly requireTenant?: boolean | readonly string[];
  /** The application's own event types, made by {@link defineAuditEvents}. @defaultValue [] */
  readonly events?: readonly AuditEventDefinition[];
  /** Returns the actor of an HTTP request; called after the guards. Default: the actor from `request.user`. */
  readonly resolveActor?: (request: unknown) => AuditActorInput | undefined;
  /** Returns the tenant of an HTTP request; called after the guards. Default: `request.user.tenantId`. */
  readonly resolveTenant?: (request: unknown) => string | undefined;
}

/** `AuditModule.forRootAsync`: the same options from a factory. */
export interface AuditModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly inject?: InjectionToken[];
  readonly useFactory: (...dependencies: never[]) => AuditModuleOptions | Promise<AuditModuleOptions>;
}

const DEFAULT_SPILL_DIR = '.data/spill';

const MIN_SPILL_BYTES = 1024 * 1024;

const DEFAULTS = {
  disabledProviders: [],
  providerTimeoutMs: DELIVERY_TIMING.providerTimeoutMs,
  onFailure: 'open',
  onFailureByType: {},
  maxSpillBytes: 1024 * MIN_SPILL_BYTES,
  maxFailuresPerMinute: 60,
  sensitiveFields: [],
  redaction: {},
  harmlessSettings: [],
  detailsValidation: 'mark',
  sensitiveFieldsByType: {},
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

const OPTION_NAMES: Readonly<Record<keyof AuditModuleOptions, unknown>> = {
  ...DEFAULTS,
  spillDir: true,
  spillKey: true,
  spill: true,
  pseudonymKey: true,
  requestIdProxies: true,
  metadataProvider: true,
};

type OptionWithDefault = keyof typeof DEFAULTS;

/** The options with their defaults. */
export type ResolvedAuditOptions = Required<Pick<AuditModuleOptions, OptionWithDefault>> &
  Pick<AuditModuleOptions, 'pseudonymKey' | 'requestIdProxies' | 'metadataProvider'> & {
    /** `undefined`: the spill is switched off. */
    readonly spillDir: string | undefined;
    /** Empty: the key is in a file beside the folder. */
    readonly spillKey: readonly string[];
  };

/** The injection token of {@link ResolvedAuditOptions}. */
export const AUDIT_OPTIONS = Symbol.for('nestjs-audit-ledger:options');

/**
 * Checks all options together and fills in the defaults.
 *
 * @throws InvalidOptionsError (`AUDIT_OPTIONS_INVALID`) naming every wrong option.
 */
export function resolveAuditOptions(options: AuditModuleOptions = {}): ResolvedAuditOptions {
  const resolved = { ...DEFAULTS, ...definedFields(options) };
  const { providerTimeoutMs, onFailure, detailsValidation, maxFailuresPerMinute } = resolved;
  const problems = [...InvalidOptionsError.unknownOptions(options, OPTION_NAMES)];
  if (!Number.isInteger(providerTimeoutMs) || providerTimeoutMs < 1 || providerTimeoutMs > 600_000) {
    problems.push(`providerTimeoutMs is ${String(providerTimeoutMs)}, not a whole number from 1 to 600000`);
  }
  if (maxFailuresPerMinute !== false && !isCount(maxFailuresPerMinute)) {
    problems.push(
      `maxFailuresPerMinute is ${String(maxFailuresPerMinute)}, not false or a whole number from 1 to 1000000`,
    );
  }
  if (!FAILURE_POLICIES.includes(onFailure)) problems.push(`onFailure is ${onFailure}, not open or closed`);
  problems.push(...failureProblems(options), ...spillProblems(options));
  if (!DETAILS_VALIDATIONS.includes(detailsValidation)) {
    problems.push(`detailsValidation is ${detailsValidation}, not off, mark or throw`);
  }
  for (const [name, what] of LISTS_OF_TEXTS) {
    if (!isListOfTexts(resolved[name])) problems.push(`${name} must be a list of ${what}`);
  }
  problems.push(
    ...harmlessProblems(options),
    ...redactionProblems(options),
    ...privacyProblems(options),
    ...contextProblems(options),
  );
  if (options.events !== undefined && !Array.isArray(options.events))
    problems.push('events must be a list of definitions');
  for (const name of ['resolveActor', 'resolveTenant'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'function') problems.push(`${name} must be a function`);
  }
  if (problems.length > 0) throw new InvalidOptionsError(problems);
  return {
    ...resolved,
    correlationHeader: resolved.correlationHeader.toLowerCase(),
    spillDir: spillDirOf(options),
    spillKey: listOfKeys(options.spillKey),
  };
}

/** Without a spill in tests: tests that share a working directory would replay each other's events. */
function spillDirOf({ spill = true, spillDir }: AuditModuleOptions): string | undefined {
  if (!spill) return undefined;
  return spillDir ?? (process.env.NODE_ENV === 'test' ? undefined : DEFAULT_SPILL_DIR);
}

const LISTS_OF_TEXTS = [
  ['disabledProviders', 'backend names'],
  ['sensitiveFields', 'field names'],
  ['harmlessSettings', 'names of settings'],
  ['personalFields', 'field names'],
  ['factFields', 'field names'],
  ['factWords', 'words'],
] as const;

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 1_000_000;
}

function failureProblems({ onFailureByType = {} }: AuditModuleOptions): readonly string[] {
  const problems: string[] = [];
  const byType: unknown = onFailureByType; // the declared type is only the caller's promise, so it is checked here
  if (typeof byType !== 'object' || byType === null) {
    problems.push('onFailureByType is not open or closed for each event name');
  } else {
    for (const [name, policy] of Object.entries(onFailureByType)) {
      if (!FAILURE_POLICIES.includes(policy)) {
        problems.push(`onFailureByType has ${policy} for ${name}, not open or closed`);
      }
    }
  }
  return problems;
}

function spillProblems({ spill = true, spillDir, spillKey, maxSpillBytes }: AuditModuleOptions): readonly string[] {
  const problems: string[] = [];
  if (typeof spill !== 'boolean') problems.push(`spill is ${String(spill)}, not true or false`);
  else if (!spill && spillDir !== undefined) problems.push(`spill is false, but spillDir is ${spillDir}`);
  else if (spill && spillDir === undefined && process.env.NODE_ENV === 'production') {
    problems.push(
      'spillDir is not set, so that events would be lost while a provider is down; name a folder on a local disk that ' +
        'outlives the process, or set spill to false to accept the loss',
    );
  }
  const keys = listOfKeys(spillKey);
  if (!isListOfTexts(keys) || keys.some((key) => key.length < MIN_KEY_LENGTH)) {
    problems.push(`spillKey must be a text of at least ${MIN_KEY_LENGTH} characters, or a list of such texts`);
  } else if (keys.length === 0 && spill && process.env.NODE_ENV === 'production') {
    problems.push(
      'spillKey is not set, so that anyone who can write into the spill could forge events; set it to a secret of at least ' +
        `${MIN_KEY_LENGTH} characters that is kept outside of spillDir`,
    );
  }
  if (spillDir !== undefined && (typeof spillDir !== 'string' || spillDir === '')) {
    problems.push('spillDir is empty or no path; leave it out, or name a folder');
  }
  if (maxSpillBytes !== undefined && !(Number.isSafeInteger(maxSpillBytes) && maxSpillBytes >= MIN_SPILL_BYTES)) {
    problems.push(`maxSpillBytes is ${String(maxSpillBytes)}, not a whole number of at least ${MIN_SPILL_BYTES}`);
  }
  return problems;
}

const MIN_KEY_LENGTH = 32;

function listOfKeys(spillKey: AuditModuleOptions['spillKey']): readonly string[] {
  return typeof spillKey === 'string' ? [spillKey] : (spillKey ?? []);
}

function privacyProblems(options: AuditModuleOptions): readonly string[] {
  const { anonymize = false, pseudonymKey, sensitiveFieldsByType: byType = {} } = options;
  const problems: string[] = [];
  if (typeof anonymize !== 'boolean' && !isListOfTexts(anonymize)) {
    problems.push('anonymize is not true, false or a list of event names');
  }
  problems.push(...factProblems(options));
  if (typeof byType !== 'object' || !Object.values(byType).every(isListOfTexts)) {
    problems.push('sensitiveFieldsByType does not give a list of field names for each event name');
  }
  if (pseudonymKey !== undefined && (typeof pseudonymKey !== 'string' || pseudonymKey.length < MIN_KEY_LENGTH)) {
    problems.push(`pseudonymKey must be a text of at least ${MIN_KEY_LENGTH} characters`);
  }
  const anonymizes = Array.isArray(anonymize) ? anonymize.length > 0 : anonymize === true;
  if (pseudonymKey === undefined && anonymizes) problems.push('anonymize is set, but pseudonymKey is not');
  return problems;
}

function harmlessProblems({ harmlessSettings = [], sensitiveFields = [] }: AuditModuleOptions): readonly string[] {
  if (!isListOfTexts(harmlessSettings)) return [];
  const isSecretName = secretNameTest(isListOfTexts(sensitiveFields) ? sensitiveFields : []);
  const secrets = harmlessSettings.filter((name) => isSecretName(name));
  return secrets.map((name) => `harmlessSettings has ${name}, which is a name of secrets`);
}

const TOO_SHORT_TO_SHOW = /passw|passphrase|passcode|passwd|pwd$|pin$|otp$|cvv|cvc|code$/;

function redactionProblems({ redaction = {} }: AuditModuleOptions): readonly string[] {
  const given: unknown = redaction; // the declared type is only the caller's promise, so it is checked here
  if (typeof given !== 'object' || given === null) return ['redaction is not an object with fields'];
  const unknown = Object.keys(given).filter((name) => name !== 'fields');
  const problems = unknown.map((name) => `redaction has ${name}, and may have fields`);
  const { fields = {} } = given as { readonly fields?: unknown }; // any object may be read
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    return [...problems, 'redaction.fields is not a mode for each field name'];
  }
  for (const [name, mode] of Object.entries(fields)) {
    const isMode = isOneOf(REDACTION_MODES, mode);
    if (!isMode) problems.push(`redaction.fields has ${String(mode)} for ${name}, not ${REDACTION_MODES.join(' or ')}`);
    else if (TOO_SHORT_TO_SHOW.test(bareName(name))) {
      problems.push(`redaction.fields has ${name}, whose last four characters say too much of it`);
    }
  }
  return problems;
}

function factProblems({ personalFields = [], factFields = [], requestIdProxies }: AuditModuleOptions) {
  const problems: string[] = [];
  const both = isListOfTexts(factFields) && isListOfTexts(personalFields) ? factFields : [];
  for (const name of both.filter((field) => personalFields.includes(field))) {
    problems.push(`both factFields and personalFields name ${name}`);
  }
  if (requestIdProxies === undefined) return problems;
  if (!isListOfTexts(requestIdProxies)) problems.push('requestIdProxies must be a list of addresses');
  else problems.push(...requestIdProxies.filter((range) => !isAddressRange(range)).map(notARange));
  return problems;
}

function notARange(range: string): string {
  return `requestIdProxies has ${JSON.stringify(range)}, not an IP address or a range such as 10.0.0.0/8`;
}

interface UserLike {
  readonly id?: string | number;
  readonly sub?: string | number;
  readonly userId?: string | number;
  /** MongoDB's id, which has a text form. */
  readonly _id?: string | number;
  readonly name?: string;
  readonly sessionId?: string;
  readonly tenantId?: string;
}

function userOf(request: unknown): UserLike | undefined {
  const user = (request as { readonly user?: UserLike | null }).user; // where guards and passport put the user
  return typeof user === 'object' && user !== null ? user : undefined;
}

function actorOfUser(request: unknown): AuditActorInput | undefined {
  const user = userOf(request);
  if (!user) return undefined;
  const id = user.id ?? user.sub ?? user.userId ?? user._id;
  return { type: 'user', id, name: user.name, sessionId: user.sessionId };
}

function tenantOfUser(request: unknown): string | undefined {
  return userOf(request)?.tenantId;
}
