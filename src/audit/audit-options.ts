import { types } from 'node:util';
import type { InjectionToken, ModuleMetadata } from '@nestjs/common';
import { z } from 'zod';
import type { AuditEventDefinition } from './catalogue/define-audit-events.js';
import { isAddressRange } from './context/address-ranges.js';
import type { AuditScopeValues } from './context/audit-scope.js';
import { DELIVERY_TIMING } from './delivery/delivery-timing.js';
import type { AuditActorInput } from './event/audit-input.js';
import { isStringArray } from '../base/event/outcomes.js';
import { normalizeName, isFieldNameList } from '../base/secrets/redact-names.js';
import {
  listOption,
  rejectMessage,
  optionsSchema,
  valueOption,
  wholeNumber,
  typedInput,
  enumOption,
  type RawOptions,
  type ResolvedOptions,
} from './option-schemas.js';
import type { BeginTransaction } from './transaction/transaction-manager.js';
import { MIN_KEY_LENGTH, type WriterKeys } from './writer-keys.js';

/**
 * What happens to an operation whose event cannot be stored. `open`: the operation continues. `closed`: the operation does not start, or
 * is rolled back.
 */
export const FAILURE_POLICIES = ['open', 'closed'] as const;
export type AuditFailurePolicy = (typeof FAILURE_POLICIES)[number];

/**
 * What a resolved receipt promises. `durable`: the event is stored or spilled. `transactional`: the event is part of the current
 * transaction: a commit stores it, and a rollback removes it.
 */
export type AuditDelivery = 'durable' | 'transactional';

const MIN_SPILL_BYTES = 1024 * 1024;

/** The name of an HTTP header (RFC 9110). */
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;

/** Headers that already have a meaning for clients, proxies or this library. */
const RESERVED_HEADER = new RegExp(
  '^(?:accept|access-control|authorization|cache-control|clear-site-data|connection|content|cookie|date|etag|expect|' +
    'expires|forwarded|from|host|if|keep-alive|last-modified|link|location|max-forwards|origin|pragma|proxy|range|' +
    'referer|referrer-policy|refresh|retry-after|sec|server|set-cookie|strict-transport-security|te|trace(?:parent|state)|' +
    'trailer|transfer-encoding|upgrade|user-agent|vary|via|warning|www-authenticate|x-forwarded|x-real-ip)(?:$|-)',
  'i',
);

/** The last four characters of these secrets reveal too much. */
const NEVER_SHOW_LAST_FOUR = /passw|passphrase|passcode|passwd|pwd$|pin$|otp$|cvv|cvc|code$/;

const KEY_TOO_SHORT = `must be a text of at least ${MIN_KEY_LENGTH} characters`;
const KEY = z.string(KEY_TOO_SHORT).min(MIN_KEY_LENGTH, KEY_TOO_SHORT);
const FIELD_NAMES = listOption('must be a list of field names').default([]);

const KEY_LIST = (keys: string | readonly string[]): readonly string[] =>
  [keys].flat().flatMap((text) => text.split(',').map((key) => key.trim()));
const isHeaderName = (value: unknown): value is string => typeof value === 'string' && HEADER_NAME.test(value);
const isTextOrList = (value: unknown): value is string | readonly string[] =>
  typeof value === 'string' || isStringArray(value);

function flagOrList(names: string) {
  return valueOption<boolean | readonly string[]>(
    (value) => typeof value === 'boolean' || isStringArray(value),
    `is not true, false or a list of ${names}`,
  ).default(false);
}

/** Makes a schema for a synchronous function: events are made at once, so nobody would wait for a promise. */
function plainFunction<Callback>() {
  return valueOption<Callback>(
    (value) => typeof value === 'function' && !types.isAsyncFunction(value),
    'must be a function that returns the value itself, and no promise',
  );
}

const REDACTION = {
  /** How to redact a field, by the name of the field, at any depth. Case and separators in the name do not matter. */
  fields: z
    .record(z.string(), enumOption(['lastFour']), 'must be an object with a mode for each field name')
    .superRefine((fields, context) => {
      for (const name of Object.keys(fields).filter((each) => NEVER_SHOW_LAST_FOUR.test(normalizeName(each)))) {
        context.addIssue({
          code: 'custom',
          path: [name],
          message: 'reveals too much by its last four characters: remove it',
        });
      }
    })
    .readonly()
    .default({}),
};

/** The value of the option `redaction`. */
export interface RedactionOptions extends RawOptions<typeof REDACTION> {}

export const OPTIONS = {
  /**
   * How long an operation waits for a provider, in milliseconds: 1 to 600,000. Set this when your own provider writes to a slow store, such as
   * a mainframe queue, or when a checkout must answer within a second.
   * @defaultValue 5000
   */
  providerTimeoutMs: wholeNumber(1, 600_000).default(DELIVERY_TIMING.providerTimeoutMs),
  /**
   * What happens when no provider can store an event. With `open`, the operation continues. With `closed`, an `attempted` event is stored
   * before the handler starts; if that fails, the response is HTTP 503. Set this when a regulation forbids an operation without its record, as
   * for payments or access to health data: `closed`.
   */
  onFailure: enumOption(FAILURE_POLICIES).default('open'),
  /**
   * The folder for events that a provider could not store. The folder must be on a local disk that outlives the process. Required with
   * `NODE_ENV=production`. With `false`, events that a provider cannot store are only logged to stderr. Default: `.data/spill` under the
   * working directory; with `NODE_ENV=test`, `false`. Set this when you deploy: in a container, give the path of a mounted volume.
   */
  spillDir: valueOption<string | false>(
    (value) => value === false || (typeof value === 'string' && value !== ''),
    'must be a path or false',
  ).optional(),
  /**
   * The key that signs what this process records (HMAC-SHA-256): the rows of the ledger's inbox, and the lines of the spill. Without the key,
   * nobody can add events by writing into the inbox or the folder. The key is a secret of at least 32 characters, stored outside the database
   * and the folder, and equal for all instances. To change the key, give a list, or one text with commas between the keys, so no key contains
   * a comma: the first key signs, and every key verifies. Required with `NODE_ENV=production`. Default: the key in the file
   * `.data/writer.key`, which the application makes. Set this when you deploy, or when several instances write to one ledger: read it from
   * your secret store.
   */
  writerKey: valueOption<string | readonly string[]>(
    (value) => isTextOrList(value) && KEY_LIST(value).every((key) => key.length >= MIN_KEY_LENGTH),
    `${KEY_TOO_SHORT}, or a list of such texts; a comma separates two keys`,
  )
    .transform(KEY_LIST)
    .prefault([]),
  /**
   * The maximum size of the spill in bytes, at least 1 MiB. A full spill stores no further events. Set this when the volume of `spillDir` is
   * smaller than 1 GiB, or when it must hold the events of a longer outage.
   */
  maxSpillBytes: valueOption<number>(
    (value) => Number.isSafeInteger(value) && Number(value) >= MIN_SPILL_BYTES,
    rejectMessage(`a whole number of at least ${MIN_SPILL_BYTES}`),
  ).default(1_073_741_824),
  /**
   * How many failures and denials of one source (an address or an actor) are recorded per minute: 1 to 1,000,000. An event
   * `audit_failures_throttled` is stored before any further one is answered; these are counted in `audit_failures_counted`, each minute.
   * `false` records each failure and denial. Errors of the server (5xx) are always recorded. Set this when a PCI auditor asks for each failed
   * log-in as an event of its own (`false`), or when one address is a gateway for many users.
   */
  maxFailuresPerMinute: valueOption<number | false>(
    (value) => value === false || (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 1_000_000),
    rejectMessage('false or a whole number from 1 to 1000000'),
  ).default(60),
  /**
   * Returns the current transaction of a client other than TypeORM, so that `record()` joins it without an argument; `undefined` outside a
   * transaction. It accepts what `record()` accepts as `transaction`. The library calls this function for each successful event. Set this when
   * your application uses Prisma, Drizzle or Knex, and keeps the current transaction in an AsyncLocalStorage such as that of nestjs-cls.
   */
  currentTransaction: plainFunction<() => unknown>().optional(),
  /**
   * Runs a function in a transaction of your client, for `@AuditedTransaction`: `(work) => db.transaction(work)`. By default,
   * `@AuditedTransaction` uses TypeORM. See the guide to transactions for other clients. Set this when your application uses
   * `@AuditedTransaction` with a client other than TypeORM, such as Drizzle or Kysely.
   */
  transactions: valueOption<BeginTransaction>(
    (value) => typeof value === 'function',
    'must be a function such as (work) => db.transaction(work)',
  ).optional(),
  /**
   * The backends of providers that get no events. Set this when one deployment runs without a provider that the others have, for example a
   * staging system without the SIEM.
   */
  disabledProviders: listOption('must be a list of backend names').default([]),
  /**
   * The names of fields to redact at any depth, in addition to the default list. Set this when your payloads have secrets under names of your
   * own, such as `salary` or `badgeNumber`.
   */
  sensitiveFields: valueOption<readonly string[]>(
    isFieldNameList,
    'must be a list of field names without paths (ssn, not customer.ssn)',
  ).default([]),
  /**
   * Fields to redact in part: `{ fields: { token: 'lastFour' } }` shows the last four characters of a text of at least 12 characters. The
   * names of fields with passwords or codes are not allowed. Set this when your support team must recognize a value without reading it, such
   * as an IBAN by its last four characters.
   * @defaultValue {}
   */
  redaction: typedInput<RedactionOptions>()(optionsSchema(REDACTION, 'is not an object with fields')).prefault({}),
  /**
   * How to check details against the catalogue. `mark` records the details and lists the problems in the event's `detailsIssues`. `throw`, for
   * tests, makes `record()` reject with `AUDIT_DETAILS_INVALID`, and with `AUDIT_INPUT_INVALID` for input that does not fit into an event.
   * With `off`, details are not checked. Set this when your tests must fail on details that the catalogue does not know: `throw`.
   */
  detailsValidation: enumOption(['off', 'mark', 'throw']).default('mark'),
  /**
   * Which events are anonymised: all events, or the events of the listed actions, event types and aliases. Set this when your data protection
   * officer allows statistics on some events, but no names in them, such as `profile_view`.
   * @defaultValue false
   */
  anonymize: flagOrList('event names'),
  /**
   * The key for pseudonyms (HMAC-SHA-256), a secret of at least 32 characters. Anyone who has the key can check whether a pseudonym belongs to
   * a given name. With another key, the same person gets another pseudonym. Required by `anonymize`. Set this when you set `anonymize`, here
   * or for a single event.
   */
  pseudonymKey: KEY.optional(),
  /**
   * The names of details that are personal, in addition to the default list. Set this when details name people under field names of your own,
   * such as `patientNumber`.
   * @defaultValue []
   */
  personalFields: FIELD_NAMES,
  /**
   * The names of fields whose texts are never personal, for example `status`. These texts are sealed as facts, and remain when a person is
   * erased. Name a field of the event itself by its JSON Pointer: `/resource/id`. With `/tenantId` in the list, a tenant id may be any text.
   * Without `/tenantId`, only an id or a name (`acme`, `Smith Ltd`) is stored as the tenant. Any other text, for example an e-mail address, is
   * stored as `metadata.givenTenantId`. Set this when an erasure must keep a field that describes no person, such as `status` or `currency`.
   * @defaultValue []
   */
  factFields: FIELD_NAMES,
  /**
   * The values of the application's own enumerations, for example the reasons for a cancellation. These values are facts in any field. Set
   * this when an erasure must keep the values of your enumerations, in whatever field they are.
   */
  factWords: listOption('must be a list of words').default([]),
  /**
   * The addresses and ranges (`10.0.0.0/8`) of the proxies whose request ids are used. Default: the request ids of all clients are used. A
   * request id must be a UUID, a ULID, a trace id, or 16 to 64 hexadecimal digits. Set this when your load balancer sets the request ids, and
   * clients must not choose their own.
   */
  requestIdProxies: z
    .array(
      valueOption<string>(
        (range) => typeof range === 'string' && isAddressRange(range),
        (range) => `is ${JSON.stringify(range)}, not an IP address or a range such as 10.0.0.0/8`,
      ),
      'must be a list of addresses',
    )
    .readonly()
    .optional(),
  /**
   * The header with the request id, in requests and in responses, for example `X-Correlation-Id`. If you set this option, every response
   * contains the header. Otherwise, only the responses of audited routes and the responses to requests with the header contain it. A request
   * that is refused before it reaches its route, for example for a malformed body, does not count as a request to an audited route. Set this
   * when your gateway or your other services use another header, such as `X-Correlation-Id`.
   */
  correlationHeader: valueOption<string>(
    (value) => isHeaderName(value) && !RESERVED_HEADER.test(value),
    (value) =>
      isHeaderName(value)
        ? `is ${value}, which clients, proxies or this library already use`
        : `is ${JSON.stringify(value)}, not the name of a header`,
  )
    .transform((name) => name.toLowerCase())
    .default('x-request-id'),
  /**
   * A synchronous function that returns fields for the metadata of every event. The library calls the function for each event, with the values
   * of the context. Fields of the context (`AuditContext.set({ metadata })`) and of the event itself take precedence. If the function throws,
   * the event is recorded without these fields, and gets `metadata.metadataIssue`. Set this when each event must name the deployment that
   * recorded it, for example its region or its release.
   */
  metadataProvider:
    plainFunction<
      (scope: Readonly<AuditScopeValues> | undefined) => Readonly<Record<string, unknown>> | undefined
    >().optional(),
  /**
   * Which events must have an actor: all events, or the events of the listed categories. An audited operation without an actor does not start
   * (HTTP 403 `AUDIT_CONTEXT_REQUIRED`), and `record()` throws. Failures and denials are still recorded, with `metadata.missingContext`. Set
   * this when an auditor asks that each change names a person, and some of your routes have no log-in.
   * @defaultValue false
   */
  requireActor: flagOrList('categories'),
  /**
   * Whether events must name a tenant, with the same rules as `requireActor`. Set this when several customers share your application, and each
   * event must belong to one of them.
   * @defaultValue false
   */
  requireTenant: flagOrList('categories'),
  /**
   * The application's own event types, made by {@link defineAuditEvents}. Set this when the catalogue lacks an event of your domain, such as
   * `invoice_disputed`.
   */
  events: valueOption<readonly AuditEventDefinition[]>(Array.isArray, 'must be a list of definitions').default([]),
  /**
   * Returns the actor of an HTTP request. The library calls this function after the guards. Default: the actor from `request.user`. Set this
   * when your guard stores the user elsewhere than in `request.user`, or under other field names.
   */
  resolveActor: plainFunction<(request: unknown) => AuditActorInput | undefined>().optional(),
  /**
   * Returns the tenant of an HTTP request. The library calls this function after the guards. Default: `request.user.tenantId`. Set this when
   * the tenant comes from a subdomain, a header or a path, not from the user.
   */
  resolveTenant: plainFunction<(request: unknown) => string | undefined>().optional(),
};

/** The options of `AuditModule.forRoot`. */
export interface AuditModuleOptions extends RawOptions<typeof OPTIONS> {}

/** The options of `AuditModule.forRootAsync`: a factory returns the options of `forRoot`. */
export interface AuditModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly inject?: InjectionToken[];
  readonly useFactory: (...dependencies: never[]) => AuditModuleOptions | Promise<AuditModuleOptions>;
}

/** The options with their defaults. */
export interface ResolvedAuditOptions extends Omit<
  ResolvedOptions<typeof OPTIONS>,
  'spillDir' | 'writerKey' | 'resolveActor' | 'resolveTenant'
> {
  readonly writerKeys: WriterKeys;
  /** `undefined`: the spill is switched off. */
  readonly spillDir: string | undefined;
  /** Whether the application set `correlationHeader`, so that every response contains the request id. */
  readonly returnsEveryRequestId: boolean;
  readonly resolveActor: NonNullable<AuditModuleOptions['resolveActor']>;
  readonly resolveTenant: NonNullable<AuditModuleOptions['resolveTenant']>;
}

/** The injection token of {@link ResolvedAuditOptions}. */
export const AUDIT_OPTIONS = Symbol.for('nestjs-audit-ledger:options');
