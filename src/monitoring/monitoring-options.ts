import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { InjectionToken, ModuleMetadata } from '@nestjs/common';
import { z } from 'zod';
import {
  functionOption,
  isObject,
  optionsSchema,
  parseOptions,
  PATH,
  BOOLEAN,
  valueOption,
  wholeNumber,
  enumOption,
  type RawOptions,
} from '../audit/option-schemas.js';
import { auditErrors } from '../audit/nest-free.js';
import type { AccessOptions, AuthorizeLedger } from './read/access/ledger-access.js';
import {
  addressInSchema,
  addressLike,
  isPostgresUrl,
  isSchemaName,
  PASSWORDS,
} from './store/sessions/ledger-address.js';
import { type ArchiveStore, FolderArchiveStore } from './keep/archive/archive-store.js';
import { isKeyName } from './proof/log/notes/note-key.js';
import {
  countWitnesses,
  PUBLISHING,
  type PublishingOptions,
  type ResolvedPublishingOptions,
} from './operate/publishing/publishing-options.js';
import { RETENTION, type RetentionSlice } from './keep/lifecycle/retention/retention-options.js';
import type { ErasureFileOptions } from './keep/lifecycle/erasure/certificate-record.js';
import type { Switchable } from './extension.module.js';
import type { CheckpointMemory } from './proof/signing/checkpoint-register.js';
import {
  DEFAULT_ORIGIN,
  PROCESS_ROLES,
  type LedgerSigner,
  type ProcessRole,
  type SigningOptions,
} from './proof/signing/signing-options.js';
import { NO_SEQUENCER, type StoreOptions } from './store/store-options.js';

const ADDRESS_RULE = valueOption<string>(
  isPostgresUrl,
  'must be a PostgreSQL address such as postgresql://user:password@host:5432/database',
);
const NO_KEY = 'must be the content of a key file';
const NO_TOKEN = 'must be a token of 16 characters or more, without blanks';

const OPTIONS = {
  /**
   * What this process does. `web` accepts and reads events, with neither a signing key nor `sequencerUrl`. `worker` seals, retires, erases and
   * sends events, as `nestjs-audit-ledger worker` does. `both` does all. Default: the environment variable `AUDIT_ROLE`, else `both`. Set this
   * when the work of the ledger must not slow down web requests: run `web` instances and one or two `worker` instances.
   */
  role: enumOption(PROCESS_ROLES).prefault(readProcessRole),
  /** The PostgreSQL connection URL with which the application writes and reads the ledger. Set this option before the first deployment. */
  connectionUrl: ADDRESS_RULE,
  /**
   * The URL of the database of `connectionUrl`, with another login. This login seals, retires and erases events, and publishes checkpoints.
   * The login of `connectionUrl` then only needs the rights to add and read events. Not with the role `web`. If this URL lacks the parameter
   * `options`, the parameter of `connectionUrl` applies. Default: `connectionUrl`. Set this when an attacker who takes over a web instance
   * must not be able to seal or erase events.
   */
  sequencerUrl: ADDRESS_RULE.optional(),
  /**
   * The URL of a streaming replica of the ledger's database. The replica answers queries and exports. Reads on which a write depends use the
   * primary server. The header `Audit-As-Of` shows the replica's lag. The URL must contain only one server. If this URL lacks the parameter
   * `options`, the parameter of `connectionUrl` applies. Default: the primary server answers. Set this when reports and exports of auditors
   * slow down the primary server.
   */
  readUrl: ADDRESS_RULE.optional(),
  /**
   * Returns the password of a login. The function is called for each new connection, so that it can return expiring tokens, for example of RDS
   * or Azure. Default: the password in each URL. Set this when your database accepts only short-lived tokens, as RDS with IAM or Azure with
   * Entra ID.
   */
  password: functionOption<(login: string) => string | Promise<string>>().optional(),
  /**
   * The database schema of the ledger. Set this option before the first deployment. Default: the first schema in the search path, usually
   * `public`. Set this when the ledger's tables must stand apart from yours, for example for their own backup and rights.
   */
  schema: valueOption<string>(
    (value) => typeof value === 'string' && isSchemaName(value),
    'must be the name of a schema: at most 63 bytes, not $user, not beginning with pg_',
  ).optional(),
  /**
   * The maximum number of connections for writing: 1 to 20. Set this when many instances share a server with few connections (1), or when the
   * ledger's server is far away and the inbox waits.
   */
  maxWriteConnections: wholeNumber(1, 20).default(2),
  /**
   * The maximum number of connections for reading: 1 to 20. Readers of a part of the ledger use as many of their own, of which each such
   * reader leaves one to the others. Set this when several auditors search at the same time, or when many instances share a server with few
   * connections.
   */
  maxReadConnections: wholeNumber(1, 20).default(2),
  /**
   * The file with the key that signs checkpoints. If the key file is missing, the application creates a key, unless NODE_ENV is `production`.
   * With the role `web`, the file contains only verifier keys, the current key first, or is missing. Set this option before the first
   * deployment. Set this when you deploy: in a container, give the path of a mounted secret.
   * @defaultValue '.data/signing.key'
   */
  signingKeyFile: PATH.optional(),
  /**
   * The content of a key file, for example from a secret in an environment variable. Replaces `signingKeyFile`, and with NODE_ENV `production`
   * needs `checkpointMemory`. Set this when your platform passes secrets only as environment variables, as Heroku does.
   */
  signingKey: z.string(NO_KEY).min(1, NO_KEY).optional(),
  /**
   * Signs with an Ed25519 key that the application cannot read, for example in a KMS. Several signers sign together, during a change of keys.
   * If `signingKeyFile` or `signingKey` is also set, its signing keys sign, too, and its verifier keys are former keys. Without them, and with
   * NODE_ENV `production`, `signer` needs `checkpointMemory`. Set this when a policy asks for keys in a KMS or an HSM.
   */
  signer: valueOption<LedgerSigner | readonly LedgerSigner[]>(
    (value) => [value].flat().length > 0 && [value].flat().every(isLedgerSigner),
    'must be an object with publicKey (a text or bytes) and the function sign, or a list of such objects',
  ).optional(),
  /**
   * Where the last signed checkpoint is stored, so that the application notices an older copy of the database: the path of a file, or an
   * object that reads and writes a text, for example in a bucket. All instances must use the same place, and no restore of the database may
   * change it. With NODE_ENV `production`, the application does not start if it cannot write the file, or read the other place. Default:
   * `<signingKeyFile>.last`. Set this when several instances have no common folder: keep the checkpoint in a bucket or in a parameter store.
   */
  checkpointMemory: valueOption<string | CheckpointMemory>(
    (value) => (typeof value === 'string' && value !== '') || isCheckpointMemory(value),
    'must be a non-empty path, or an object with the functions read and write',
  ).optional(),
  /**
   * The file for the certificates of erasures. Each certificate is on disk before its erasure ends. If a restore undoes an erasure, the
   * certificate shows the restored data, and the erasure can be repeated. Use one file for all instances, on storage that a restore does not
   * change. With NODE_ENV `production`, the application does not start if it cannot write the file. Default: `<signingKeyFile>.erasures`. Set
   * this when you erase people and restore backups: give a path on storage that the backups do not contain.
   */
  erasureFile: PATH.optional(),
  /**
   * The name of the ledger in its checkpoints and keys, for example `example.com/audit`. Choose a unique name, and never change it. Set this
   * when you deploy: auditors and witnesses recognize the ledger by this name.
   */
  origin: valueOption<string>(
    (value) => typeof value === 'string' && isKeyName(value),
    'must be the name of a log, such as example.com/audit: no spaces, no plus signs',
  ).default(DEFAULT_ORIGIN),
  /**
   * Whether checkpoints, tiles of hashes, consistency proofs and verifier keys are public. `authorize` is not called for public routes. The
   * answers contain no events, but reveal the number of events. The application's own guards still apply. Set this when customers or witnesses
   * verify the ledger without an account.
   */
  publicCheckpoints: BOOLEAN.default(false),
  /**
   * A bearer token that grants access only to `/metrics`, without a call of `authorize`. Use the token for a metrics scraper, because the
   * token works even while the database is unreachable. The token has 16 characters or more, without blanks. Set this when your Prometheus has
   * no account in the application.
   */
  metricsToken: z
    .string(NO_TOKEN)
    .regex(/^\S{16,}$/, NO_TOKEN)
    .optional(),
  /**
   * Whether reads of the ledger are recorded, as `audit_log_viewed` and `audit_log_exported`. Refused reads are always recorded. Set this when
   * a program polls the ledger, and its reads would outnumber the other events (`false`).
   */
  recordReads: BOOLEAN.default(true),
  /**
   * The retention periods of events. Every night, events whose period is over are archived and then removed from the ledger. Default: events
   * are kept forever. Set this when a law or a contract limits how long you keep events, or when the database must not grow forever.
   */
  retention: RETENTION.optional(),
  /**
   * The folder for archives of retired events. Set this when archives belong on a larger or cheaper volume than the application.
   * @defaultValue '.data/archive'
   */
  archiveDir: PATH.optional(),
  /** A store for archives, which replaces the folder `archiveDir`. Set this when archives belong in a bucket, such as S3 with Object Lock. */
  archiveStore: z.custom<ArchiveStore>().optional(),
};

/** The options of `MonitoringModule.forRootAsync`. */
export interface MonitoringOptions extends RawOptions<typeof OPTIONS>, PublishingOptions {
  /** Returns what a request may access in the ledger, or `false` to refuse the request. Set this option before the first deployment. */
  readonly authorize: AuthorizeLedger;
}

const ASYNC = {
  /** The injection tokens of the factory's parameters. Set this when the factory reads a service, such as Nest's `ConfigService`. */
  inject: z.custom<InjectionToken[]>().optional(),
  /**
   * Whether the route `GET /metrics` exists. Without the route, `AuditMetrics` still provides the metrics. Set this when Prometheus scrapes
   * the application.
   */
  metricsRoute: BOOLEAN.default(false),
  /** Returns the `MonitoringOptions`. */
  useFactory: functionOption<(...dependencies: never[]) => MonitoringOptions | Promise<MonitoringOptions>>(),
};

/** The factory of `MonitoringOptions`, and the options that must be known before the factory runs. */
export interface MonitoringAsyncOptions extends RawOptions<typeof ASYNC>, Switchable {
  /** The modules that export the services of `inject`. Set this when such a module is not global. */
  readonly imports?: ModuleMetadata['imports'] | undefined;
}

/** The options of `MonitoringModule.forRoot`. */
export type MonitoringModuleOptions = MonitoringOptions & Pick<MonitoringAsyncOptions, 'enabled' | 'metricsRoute'>;

const ASYNC_SCHEMA = optionsSchema({
  ...ASYNC,
  enabled: BOOLEAN.default(true),
  imports: z.custom<ModuleMetadata['imports']>().optional(),
});

/** Returns the options with their defaults. @throws `AUDIT_OPTIONS_INVALID`, which lists all invalid options */
export function resolveAsyncOptions(options: MonitoringAsyncOptions): z.output<typeof ASYNC_SCHEMA> {
  return resolved(ASYNC_SCHEMA, options);
}

/** The options with all defaults filled in. Each URL includes the schema, so that every connection uses the schema. */
export type ResolvedMonitoringOptions = { readonly archiveStore: ArchiveStore } & StoreOptions &
  AccessOptions &
  SigningOptions &
  ErasureFileOptions &
  RetentionSlice &
  ResolvedPublishingOptions;

/** The injection token of {@link ResolvedMonitoringOptions}. */
export const MONITORING_OPTIONS = Symbol.for('nestjs-audit-ledger:monitoring-options');

const SCHEMA = optionsSchema({ ...OPTIONS, ...PUBLISHING, authorize: functionOption<AuthorizeLedger>() })
  .superRefine(
    (options, context) => {
      for (const message of findConflicts(options)) context.addIssue(message);
    },
    { when: isObject },
  )
  .transform(({ witnesses, ...options }, context) => {
    const count = countWitnesses(witnesses);
    const { witnessQuorum = count === 0 ? 0 : Math.floor(count / 2) + 1 } = options;
    if (witnessQuorum > count) {
      context.addIssue(
        `witnessQuorum is ${witnessQuorum}, not a whole number from 0 to ${count}, the number of witnesses`,
      );
    }
    return { ...options, witnesses, witnessQuorum };
  });

/**
 * Checks all options together and fills in the defaults.
 *
 * @throws `AUDIT_OPTIONS_INVALID`, which lists all invalid options. The message omits URLs, which may contain
 *   passwords
 */
export function resolveMonitoringOptions(input: MonitoringOptions): ResolvedMonitoringOptions {
  const {
    password,
    schema,
    signer,
    archiveDir = '.data/archive',
    ...options
  } = resolved(SCHEMA, input, () => findMissingKeyFile(input));
  const inSchema = (url: string): string => (schema === undefined ? url : addressInSchema(url, schema));
  const { connectionUrl, sequencerUrl = connectionUrl, readUrl } = options;
  const connections = {
    connectionUrl: inSchema(connectionUrl),
    sequencerUrl: options.role === 'web' ? NO_SEQUENCER : inSchema(addressLike(sequencerUrl, connectionUrl)),
    readUrl: readUrl === undefined ? undefined : inSchema(addressLike(readUrl, connectionUrl)),
  };
  const { connectionUrl: writes, sequencerUrl: seals, readUrl: reads = writes } = connections;
  if (password) for (const url of new Set([writes, seals, reads])) PASSWORDS.set(url, password);
  const { archiveStore = new FolderArchiveStore(archiveDir), signingKey = getSigningKeySource(input) } = options;
  const signers = signer === undefined ? [] : [signer].flat();
  return { ...options, ...connections, ...resolveFiles(options), signingKey, signers, archiveStore };
}

function resolved<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  more: () => readonly string[] = () => [],
): z.output<Schema> {
  const problems: string[] = [];
  const options = parseOptions(schema, input, problems);
  if (options === undefined) throw auditErrors.AUDIT_OPTIONS_INVALID([...problems, ...more()], 'Monitoring');
  return options;
}

/** The schema checks the value. */
function readProcessRole(): ProcessRole {
  const { AUDIT_ROLE: role = '' } = process.env;
  return (role === '' ? 'both' : role) as ProcessRole;
}

type Conflicting = Pick<
  MonitoringOptions,
  | 'role'
  | 'sequencerUrl'
  | 'signingKeyFile'
  | 'signingKey'
  | 'signer'
  | 'checkpointMemory'
  | 'checkpointFile'
  | 'erasureFile'
  | 'archiveDir'
  | 'archiveStore'
>;

function findConflicts(options: Conflicting): readonly string[] {
  const { role, signingKeyFile, signingKey, checkpointMemory, archiveDir, archiveStore } = options;
  const problems = findSharedFiles(resolveFiles(options));
  for (const name of ['sequencerUrl', 'signer'] as const) {
    if (role === 'web' && options[name] !== undefined)
      problems.push(
        `${name} is set, which a process with the role web must not have: remove it, or set role to worker`,
      );
  }
  if (signingKey !== undefined && signingKeyFile !== undefined) {
    problems.push('signingKey and signingKeyFile are both set: give only one of them');
  }
  if (needsKey(role) && getSigningKeySource(options) !== undefined && checkpointMemory === undefined) {
    const name = signingKey === undefined ? 'signer' : 'signingKey';
    problems.push(`checkpointMemory is not set, which ${name} needs with NODE_ENV=production`);
  }
  if (archiveStore && archiveDir !== undefined) {
    problems.push('archiveStore and archiveDir are set: give only one of them');
  }
  return problems;
}

/** Returns the files that are not in the database, with their defaults. */
function resolveFiles({
  signingKeyFile = '.data/signing.key',
  checkpointMemory = `${signingKeyFile}.last`,
  checkpointFile,
  erasureFile = `${signingKeyFile}.erasures`,
}: Conflicting) {
  return { signingKeyFile, checkpointMemory, checkpointFile, erasureFile };
}

/** Returns an empty key if only `signer` signs; `undefined` if the key is in a file. */
function getSigningKeySource({ signingKey, signingKeyFile, signer }: Conflicting): string | undefined {
  return signingKey ?? (signer !== undefined && signingKeyFile === undefined ? '' : undefined);
}

/** Outside production, the application makes a key. */
function needsKey(role: MonitoringOptions['role']): boolean {
  return role !== 'web' && process.env.NODE_ENV === 'production';
}

/** A missing key file alone has its own error. Together with other problems, it is listed, so that one start shows everything. */
function findMissingKeyFile(options: MonitoringOptions): readonly string[] {
  const { signingKeyFile: path } = resolveFiles(options);
  const isNeeded = getSigningKeySource(options) === undefined && needsKey(options.role ?? readProcessRole());
  return isNeeded && typeof path === 'string' && !existsSync(path)
    ? [`signingKeyFile is missing at ${path}: make it with nestjs-audit-ledger keygen`]
    : [];
}

function isLedgerSigner(value: unknown): value is LedgerSigner {
  const { publicKey, sign } = Object(value) as Partial<Record<keyof LedgerSigner, unknown>>; // Object() returns an object
  return typeof sign === 'function' && (typeof publicKey === 'string' || publicKey instanceof Uint8Array);
}

function isCheckpointMemory(value: unknown): boolean {
  const { read, write } = Object(value) as Partial<Record<keyof CheckpointMemory, unknown>>; // Object() returns an object
  return typeof read === 'function' && typeof write === 'function';
}

function findSharedFiles(files: Readonly<Record<string, unknown>>): string[] {
  const owners = new Map<string, string>();
  const problems: string[] = [];
  for (const [name, file] of Object.entries(files)) {
    if (typeof file !== 'string' || file === '') continue;
    const place = resolve(file);
    const other = owners.get(place);
    if (other !== undefined) problems.push(`${name} and ${other} are both ${file}: give each a file of its own`);
    owners.set(place, name);
  }
  return problems;
}
