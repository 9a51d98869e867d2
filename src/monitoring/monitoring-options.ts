import { readlinkSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { InjectionToken, ModuleMetadata } from '@nestjs/common';
import { errorCode, auditErrors, unknownOptions } from '../audit/plain.js';
import type { AccessOptions, AuthorizeLedger } from './read/access/ledger-access.js';
import { addressInSchema, addressLike, isPostgresUrl, isSchemaName } from './store/sessions/ledger-address.js';
import { PASSWORDS } from './store/sessions/ledger-client.js';
import type { ArchiveStore } from './keep/archive/archive-store.js';
import { FolderArchiveStore } from './keep/archive/folder-archive-store.js';
import { isKeyName } from './proof/log/notes/note-key.js';
import {
  resolvePublishingOptions,
  type PublishingOptions,
  type ResolvedPublishingOptions,
} from './operate/publishing/publishing-options.js';
import {
  resolveArchiveQuery,
  type ArchiveQueryOptions,
  type ArchiveQuerySlice,
} from './read/query/archived/archive-query-options.js';
import {
  checkRetention,
  type RetentionOptions,
  type RetentionSlice,
} from './keep/lifecycle/retention/retention-policy.js';
import type { ErasureFileOptions } from './keep/lifecycle/erasure/certificate-file.js';
import type { Switchable } from './room.module.js';
import type { CheckpointMemory } from './proof/signing/last-signed.js';
import type { LedgerSigner, SigningOptions } from './proof/signing/signing-options.js';
import type { StoreOptions } from './store/store-options.js';

/** The options of `MonitoringModule.forRootAsync`. */
export interface MonitoringOptions extends PublishingOptions {
  /** The PostgreSQL connection URL with which the application writes and reads the ledger. Set this option before the first deployment. */
  readonly connectionUrl: string;
  /**
   * The URL of the database of `connectionUrl`, with another login. This login seals, retires and erases events, and publishes checkpoints.
   * The login of `connectionUrl` then only needs the rights to add and read events. If this URL lacks the parameter `options`, the
   * parameter of `connectionUrl` applies. Default: `connectionUrl`.
   */
  readonly sequencerUrl?: string | undefined;
  /**
   * The URL of a streaming replica of the ledger's database. The replica answers queries and exports. Reads on which a write depends use
   * the primary server. The header `Audit-As-Of` shows the replica's lag. The URL must contain only one server. If this URL lacks the
   * parameter `options`, the parameter of `connectionUrl` applies. Default: the primary server answers.
   */
  readonly readUrl?: string | undefined;
  /**
   * Returns the password of a login. The function is called for each new connection, so that it can return expiring tokens, for example of
   * RDS or Azure. Default: the password in each URL.
   */
  readonly password?: (login: string) => string | Promise<string>;
  /**
   * The database schema of the ledger. Set this option before the first deployment. Default: the first schema in the search path, usually
   * `public`.
   */
  readonly schema?: string | undefined;
  /** Returns what a request may access in the ledger, or `false` to refuse the request. Set this option before the first deployment. */
  readonly authorize: AuthorizeLedger;
  /** The maximum number of connections for writing: 1 to 20. @defaultValue 2 */
  readonly maxWriteConnections?: number;
  /** The maximum number of connections for reading: 1 to 20. Readers of a part of the ledger use as many of their own. @defaultValue 2 */
  readonly maxReadConnections?: number;
  /**
   * The file with the key that signs checkpoints. If the key file is missing, the application creates a key, unless NODE_ENV is
   * `production`. Set this option before the first deployment. @defaultValue '.data/signing.key'
   */
  readonly signingKeyFile?: string | undefined;
  /**
   * The content of a key file, for example from a secret in an environment variable. Replaces `signingKeyFile`, and with NODE_ENV
   * `production` needs `checkpointMemory`.
   */
  readonly signingKey?: string | undefined;
  /**
   * Signs with an Ed25519 key that the application cannot read, for example in a KMS. Several signers sign together, during a change of keys.
   * If `signingKeyFile` or `signingKey` is also set, its signing keys sign, too, and its verifier keys are former keys. Without them, and with
   * NODE_ENV `production`, `signer` needs `checkpointMemory`.
   */
  readonly signer?: LedgerSigner | readonly LedgerSigner[] | undefined;
  /**
   * Where the last signed checkpoint is stored, so that the application notices an older copy of the database: the path of a file, or an
   * object that reads and writes a text, for example in a bucket. All instances must use the same place, and no restore of the database may
   * change it. With NODE_ENV `production`, the application does not start if it cannot write the file, or read the other place. Default:
   * `<signingKeyFile>.last`.
   */
  readonly checkpointMemory?: string | CheckpointMemory | undefined;
  /**
   * The file for the certificates of erasures. Each certificate is on disk before its erasure ends. If a restore undoes an erasure, the
   * certificate shows the restored data, and the erasure can be repeated. Use one file for all instances, on storage that a restore does
   * not change. With NODE_ENV `production`, the application does not start if it cannot write the file. Default: `<signingKeyFile>.erasures`.
   */
  readonly erasureFile?: string | undefined;
  /**
   * The name of the ledger in its checkpoints and keys, for example `example.com/audit`. Choose a unique name, and never change it.
   * @defaultValue 'nestjs-audit-ledger.local/ledger'
   */
  readonly origin?: string | undefined;
  /**
   * Whether checkpoints, tiles of hashes, consistency proofs and verifier keys are public. `authorize` is not called for public routes. The
   * answers contain no events, but reveal the number of events. The application's own guards still apply.
   * @defaultValue false
   */
  readonly publicCheckpoints?: boolean;
  /**
   * A bearer token that grants access only to `/metrics`, without a call of `authorize`. Use the token for a metrics scraper, because the
   * token works even while the database is unreachable. The token has 16 characters or more, without blanks.
   */
  readonly metricsToken?: string | undefined;
  /**
   * Whether reads of the ledger are recorded, as `audit_log_viewed` and `audit_log_exported`. Refused reads are always recorded.
   * @defaultValue true
   */
  readonly recordReads?: boolean;
  /**
   * The retention periods of events. Every night, events whose period is over are archived and then removed from the ledger. Default:
   * events are kept forever.
   */
  readonly retention?: RetentionOptions;
  /** The folder for archives of retired events. @defaultValue '.data/archive' */
  readonly archiveDir?: string;
  /** A store for archives, which replaces the folder `archiveDir`. */
  readonly archiveStore?: ArchiveStore;
  /** The limits of queries that also search archives (`archived=true`). Such queries need the package `@duckdb/node-api`. */
  readonly archiveQuery?: ArchiveQueryOptions;
}

/** The factory of `MonitoringOptions`, and the options that must be known before the factory runs. */
export interface MonitoringAsyncOptions extends Pick<ModuleMetadata, 'imports'>, Switchable {
  /** The injection tokens of the factory's parameters. */
  readonly inject?: InjectionToken[];
  /** Whether the route `GET /metrics` exists. Without the route, `AuditMetrics` still provides the metrics. @defaultValue false */
  readonly metricsRoute?: boolean;
  /** Returns the `MonitoringOptions`. */
  readonly useFactory: (...dependencies: never[]) => MonitoringOptions | Promise<MonitoringOptions>;
}

/** The options of `MonitoringModule.forRoot`. */
export type MonitoringModuleOptions = MonitoringOptions & Pick<MonitoringAsyncOptions, 'enabled' | 'metricsRoute'>;

const NOT_SWITCH = 'is neither true nor false';

const ASYNC_NAMES: Readonly<Record<keyof MonitoringAsyncOptions, true>> = {
  enabled: true,
  imports: true,
  inject: true,
  metricsRoute: true,
  useFactory: true,
};

/** Returns the options with their defaults. @throws `AUDIT_OPTIONS_INVALID`, which lists all invalid options */
export function resolveAsyncOptions(
  options: MonitoringAsyncOptions,
): Required<Pick<MonitoringAsyncOptions, 'enabled' | 'metricsRoute'>> {
  const { enabled = true, metricsRoute = false } = options;
  const switches = { enabled, metricsRoute };
  const problems = [...unknownOptions(options, ASYNC_NAMES)];
  for (const [name, value] of Object.entries(switches)) {
    if (typeof value !== 'boolean') problems.push(`${name} ${NOT_SWITCH}`);
  }
  if (typeof options.useFactory !== 'function') problems.push('useFactory is not a function');
  if (problems.length > 0) throw auditErrors.AUDIT_OPTIONS_INVALID(problems, 'Monitoring');
  return switches;
}

/** The options with all defaults filled in. Each URL includes the schema, so that every connection uses the schema. */
export type ResolvedMonitoringOptions = Readonly<Required<Pick<MonitoringOptions, 'archiveStore'>>> &
  StoreOptions &
  AccessOptions &
  SigningOptions &
  ErasureFileOptions &
  ArchiveQuerySlice &
  RetentionSlice &
  ResolvedPublishingOptions;

/** The injection token of {@link ResolvedMonitoringOptions}. */
export const MONITORING_OPTIONS = Symbol.for('nestjs-audit-ledger:monitoring-options');

/** Callers in JavaScript may pass any value. */
type Check = (value: unknown) => string | undefined;

const check =
  (isRight: (value: unknown) => boolean, otherwise: string): Check =>
  (value) =>
    isRight(value) ? undefined : otherwise;

const ADDRESS = check(
  isPostgresUrl,
  'must be a PostgreSQL address such as postgresql://user:password@host:5432/database',
);
const PATH = check((value) => typeof value === 'string' && value !== '', 'must be a non-empty path');
const FUNCTION = check((value) => typeof value === 'function', 'is not a function');
const SWITCH = check((value) => typeof value === 'boolean', NOT_SWITCH);

const MOST_CONNECTIONS = 20;
const CONNECTIONS: Check = (count) =>
  Number.isInteger(count) && Number(count) >= 1 && Number(count) <= MOST_CONNECTIONS
    ? undefined
    : `is ${String(count)}, not a whole number from 1 to ${MOST_CONNECTIONS}`;

/** `true` means that another function checks the value. */
const OPTIONS: Readonly<Record<keyof MonitoringOptions, Check | true>> = {
  connectionUrl: ADDRESS,
  sequencerUrl: ADDRESS,
  readUrl: ADDRESS,
  password: FUNCTION,
  schema: check(
    (value) => typeof value === 'string' && isSchemaName(value),
    'must be the name of a schema: at most 63 bytes, not $user, not beginning with pg_',
  ),
  authorize: FUNCTION,
  maxWriteConnections: CONNECTIONS,
  maxReadConnections: CONNECTIONS,
  signingKeyFile: PATH,
  signingKey: check((value) => typeof value === 'string' && value !== '', 'must be the content of a key file'),
  signer: check(
    (value) => [value].flat().length > 0 && [value].flat().every(isLedgerSigner),
    'must be an object with publicKey (a text or bytes) and the function sign, or a list of such objects',
  ),
  checkpointMemory: check(
    (value) => (typeof value === 'string' && value !== '') || isCheckpointMemory(value),
    'must be a non-empty path, or an object with the functions read and write',
  ),
  erasureFile: PATH,
  origin: check(
    (value) => typeof value === 'string' && isKeyName(value),
    'must be the name of a log, such as example.com/audit: no spaces, no plus signs',
  ),
  publicCheckpoints: SWITCH,
  metricsToken: check(
    (value) => typeof value === 'string' && /^\S{16,}$/.test(value),
    'must be a token of 16 characters or more, without blanks',
  ),
  recordReads: SWITCH,
  retention: true,
  archiveDir: PATH,
  archiveStore: true,
  archiveQuery: true,
  checkpointFile: true,
  checkpointWebhook: true,
  checkpointWebhookSecret: true,
  checkpointIntervalSeconds: true,
  witnesses: true,
  witnessQuorum: true,
};

const REQUIRED: readonly string[] = ['connectionUrl', 'authorize'];

/**
 * Checks all options together and fills in the defaults.
 *
 * @throws `AUDIT_OPTIONS_INVALID`, which lists all invalid options. The message omits URLs, which may contain
 *   passwords
 */
export function resolveMonitoringOptions(options: MonitoringOptions): ResolvedMonitoringOptions {
  const { connectionUrl, sequencerUrl = connectionUrl, readUrl, schema, password, authorize } = options;
  const { maxWriteConnections = 2, maxReadConnections = 2, retention, archiveDir = '.data/archive' } = options;
  const { signingKeyFile = '.data/signing.key', origin = 'nestjs-audit-ledger.local/ledger' } = options;
  const signers = options.signer === undefined ? [] : [options.signer].flat();
  const isSignerAlone = signers.length > 0 && options.signingKeyFile === undefined;
  const { signingKey = isSignerAlone ? '' : undefined, checkpointMemory = `${signingKeyFile}.last` } = options;
  const { erasureFile = `${signingKeyFile}.erasures`, archiveStore = new FolderArchiveStore(archiveDir) } = options;
  const { publicCheckpoints = false, recordReads = true, metricsToken } = options;
  const given: Readonly<Record<string, unknown>> = { ...options };
  const problems = [...unknownOptions(options, OPTIONS)];
  for (const [name, problemOf] of Object.entries(OPTIONS)) {
    if (problemOf === true || (given[name] === undefined && !REQUIRED.includes(name))) continue;
    const problem = problemOf(given[name]);
    if (problem !== undefined) problems.push(`${name} ${problem}`);
  }
  problems.push(
    ...sharedFiles({ signingKeyFile, checkpointMemory, checkpointFile: options.checkpointFile, erasureFile }),
  );
  if (options.signingKey !== undefined && options.signingKeyFile !== undefined) {
    problems.push('signingKey and signingKeyFile are both set: give only one of them');
  }
  if (signingKey !== undefined && options.checkpointMemory === undefined && process.env.NODE_ENV === 'production') {
    const name = options.signingKey === undefined ? 'signer' : 'signingKey';
    problems.push(`checkpointMemory is not set, which ${name} needs with NODE_ENV=production`);
  }
  if (options.archiveStore && options.archiveDir !== undefined) {
    problems.push('archiveStore and archiveDir are set: give only one of them');
  }
  if (retention !== undefined) checkRetention(retention, problems);
  const archiveQuery = resolveArchiveQuery(options.archiveQuery, problems);
  const publishing = resolvePublishingOptions(options, problems);
  if (problems.length > 0) throw auditErrors.AUDIT_OPTIONS_INVALID(problems, 'Monitoring');
  const inSchema = (url: string): string => (schema === undefined ? url : addressInSchema(url, schema));
  const connections = {
    connectionUrl: inSchema(connectionUrl),
    sequencerUrl: inSchema(addressLike(sequencerUrl, connectionUrl)),
    readUrl: readUrl === undefined ? undefined : inSchema(addressLike(readUrl, connectionUrl)),
    maxWriteConnections,
    maxReadConnections,
  };
  const { connectionUrl: writes, sequencerUrl: seals, readUrl: reads = writes } = connections;
  if (password) for (const url of new Set([writes, seals, reads])) PASSWORDS.set(url, password);
  const access = { authorize, publicCheckpoints, metricsToken, recordReads };
  const keeping = { archiveStore, archiveQuery, ...(retention ? { retention } : {}) };
  const signing = { signingKeyFile, signingKey, signers, checkpointMemory, origin };
  return { ...connections, ...access, ...signing, erasureFile, ...keeping, ...publishing };
}

function isLedgerSigner(value: unknown): value is LedgerSigner {
  const { publicKey, sign } = Object(value) as Partial<Record<keyof LedgerSigner, unknown>>; // Object() returns an object
  return typeof sign === 'function' && (typeof publicKey === 'string' || publicKey instanceof Uint8Array);
}

function isCheckpointMemory(value: unknown): boolean {
  const { read, write } = Object(value) as Partial<Record<keyof CheckpointMemory, unknown>>; // Object() returns an object
  return typeof read === 'function' && typeof write === 'function';
}

function sharedFiles(files: Readonly<Record<string, unknown>>): readonly string[] {
  const owners = new Map<string, string>();
  const problems: string[] = [];
  for (const [name, file] of Object.entries(files)) {
    if (typeof file !== 'string' || file === '') continue;
    const place = placeOf(resolve(file));
    const other = owners.get(place);
    if (other !== undefined) problems.push(`${name} and ${other} are both ${file}: give each a file of its own`);
    owners.set(place, name);
  }
  return problems;
}

/** Returns the same text for all paths that lead to one file, also through links, and if the file or its folder does not exist yet. */
function placeOf(path: string): string {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch (error) {
    const folder = dirname(path);
    if (folder === path || errorCode(error) === 'ELOOP') return path;
    try {
      return placeOf(resolve(folder, readlinkSync(path)));
    } catch {
      return join(placeOf(folder), basename(path)); // the path is not a link
    }
  }
}
