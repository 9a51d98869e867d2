import { isIP } from 'node:net';
import { z } from 'zod';
import { parseOptions, valueOption } from '../../audit/option-schemas.js';
import { StartError } from '../start.error.js';

// No message shows a value: it may be a secret in the wrong variable.

const SWITCH = z
  .string()
  .trim()
  .pipe(z.stringbool({ truthy: ['true', '1', 'on'], falsy: ['false', '0', 'off'], error: 'must be true or false' }));

function integerSetting(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z.coerce.number(message).pipe(z.int(message).min(min, message).max(max, message));
}

function secretSetting(length: number) {
  return z.string().min(length, `must have ${length} characters or more`);
}

function enumSetting<const Words extends readonly string[]>(words: Words) {
  return z.enum(words, `must be ${words.join(' or ')}`);
}

function postgresUrlSetting(example: string) {
  return z.string().regex(/^postgres(ql)?:\/\/\S+$/, `must be an address such as ${example}`);
}

function listSetting(item: z.ZodType<string, string>) {
  return z
    .string()
    .transform((text) => text.split(',').flatMap((each) => each.trim() || []))
    .pipe(z.array(item))
    .readonly();
}

function isTrustProxy(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  return /^\d{1,3}$/.test(value) || value.split(',').every((network) => isNetwork(network.trim()));
}

function isNetwork(network: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(network)) return true;
  const [address = '', prefix = '0', more] = network.split('/');
  const bits = isIP(address) === 4 ? 32 : 128;
  return isIP(address) !== 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits && more === undefined;
}

const VARIABLES = {
  /** Port of the HTTP server; with 0, the application chooses a free port. Set this when another program uses port 3000. */
  PORT: integerSetting(0, 65_535).default(3000),
  /**
   * Address that the HTTP server listens on; `0.0.0.0` accepts connections from all networks. Set this when the application runs in a
   * container, or other machines must reach it.
   */
  HOST: valueOption<string>((value) => isIP(String(value)) > 0, 'must be an IP address such as 127.0.0.1').default(
    '127.0.0.1',
  ),
  /** The web framework that Nest uses. Set this when your own application uses Fastify. */
  HTTP_ADAPTER: enumSetting(['express', 'fastify']).default('express'),
  /**
   * E-mail address of the first administrator, whose account is created at the first start. Set this when the first administrator needs a real
   * address.
   */
  ADMIN_EMAIL: z.email('must be an e-mail address').default('admin@example.com'),
  /**
   * Password of the first administrator; absent: the application generates a password, and prints it once. Set this when a script logs in, or
   * a container starts without a terminal.
   */
  ADMIN_PASSWORD: secretSetting(12).optional(),
  /** Address of the PostgreSQL server; absent: the application starts an embedded server. Set this when you have a PostgreSQL server. */
  DATABASE_URL: z.string().optional(),
  /** Folder of the embedded PostgreSQL; absent: `.data/pg`. Set this when two copies of the application run on one machine. */
  EMBEDDED_PG_DIR: z.string().optional(),
  /** Whether the ledger is on. Set this when you compare the application with and without the ledger. */
  MONITORING_ENABLED: SWITCH.default(true),
  /**
   * What this process does: `web` accepts and reads events, `worker` seals, retires, erases and sends, `both` does all. Set this when web
   * requests and the ledger's work run in separate processes.
   */
  AUDIT_ROLE: enumSetting(['both', 'web', 'worker']).default('both'),
  /**
   * Address of the ledger's own database, or of the application's database with another login. Absent: the application's database. Set this
   * when the ledger must have its own database or login.
   */
  AUDIT_DATABASE_URL: postgresUrlSetting('postgresql://user:password@host:5432/audit').optional(),
  /**
   * Address of the ledger for the login that seals, retires and erases; absent: the login that adds events does this work. Set this when web
   * instances must not be able to seal or erase events.
   */
  AUDIT_SEQUENCER_URL: postgresUrlSetting('postgresql://user:password@host:5432/audit').optional(),
  /** Address of a replica of the ledger's database, for queries and exports; absent: the primary. Set this when you have a replica for reports. */
  AUDIT_READ_URL: postgresUrlSetting('postgresql://user:password@replica:5432/audit').optional(),
  /**
   * Backend names of the audit providers that are disabled, separated by commas. Set this when you try what the application does without one
   * of its providers.
   */
  AUDIT_DISABLED_PROVIDERS: listSetting(
    z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be a name such as order-timeline'),
  ).default([]),
  /** Folder for events that a provider could not store. Set this when the application runs in a container: give the path of a volume. */
  AUDIT_SPILL_DIR: z.string().default('.data/spill'),
  /**
   * How many failures and denials of one address or actor are recorded as events per minute. Further failures and denials are only counted. 0:
   * each failure and each denial is an event. Set this when a load test comes from a single address.
   */
  AUDIT_MAX_FAILURES_PER_MINUTE: integerSetting(0, 1_000_000).default(60),
  /**
   * Key that signs what the application records: 32 characters or more, the same for all instances. If the variable has several keys,
   * separated by commas, the first key signs, and signatures of all keys are accepted. Absent: the key file `.data/writer.key`, which the
   * application makes. With NODE_ENV=production, the variable is required. Set this when several instances run.
   */
  AUDIT_WRITER_KEY: listSetting(secretSetting(32)).optional(),
  /**
   * What happens when no provider can store an operation's event: the operation continues (`open`) or fails (`closed`). Set this when you try
   * what a request does while no event can be stored.
   */
  AUDIT_ON_FAILURE: enumSetting(['open', 'closed']).default('open'),
  /**
   * File with the key that signs the ledger's checkpoints. A missing file is created, except with NODE_ENV=production. Set this when the key
   * comes from a mounted secret.
   */
  AUDIT_SIGNING_KEY_FILE: z.string().default('.data/signing.key'),
  /**
   * Content of a key file, which replaces `AUDIT_SIGNING_KEY_FILE`. With NODE_ENV=production, also set `AUDIT_CHECKPOINT_MEMORY`. Set this
   * when your platform passes secrets only as variables.
   */
  AUDIT_SIGNING_KEY: z.string().optional(),
  /**
   * File with the key that signs the contexts of row changes. Absent: `.data/context.key`, which the application makes if row changes are
   * captured. Set this when several instances share the key as a mounted secret.
   */
  AUDIT_CONTEXT_KEY_FILE: z.string().optional(),
  /**
   * File outside the database for the last signed checkpoint, which all instances share; absent: the path of the key file, followed by
   * `.last`. With NODE_ENV=production, the application does not start if it cannot write this file. Set this when several instances run, or
   * the folder of the key is read-only.
   */
  AUDIT_CHECKPOINT_MEMORY: z.string().optional(),
  /**
   * File outside the database for erasure certificates; absent: the path of the key file, followed by `.erasures`. Set this when the folder of
   * the key is read-only, or is part of your backups.
   */
  AUDIT_ERASURE_FILE: z.string().optional(),
  /** The ledger's name in its checkpoints and keys. Choose a unique name, and never change it. Set this when others verify the ledger. */
  AUDIT_LEDGER_ORIGIN: z
    .string()
    .regex(/^[^\s+]+$/, 'must be a name such as example.com/audit')
    .default('nestjs-audit-ledger.local/ledger'),
  /**
   * Prefix that a proxy removes from the path of requests to the viewer. Absent: no prefix. Set this when a proxy serves the application under
   * a prefix.
   */
  AUDIT_VIEWER_BASE_PATH: z
    .string()
    .regex(/^(\/[\w.~-]+)+$/, 'must be a path such as /ops')
    .optional(),
  /**
   * A file outside the database into which checkpoints are published; absent: checkpoints are not published to a file. Set this when an
   * auditor must be able to detect a rewritten database.
   */
  AUDIT_CHECKPOINT_FILE: z.string().optional(),
  /** A URL to which checkpoints are published by POST; absent: checkpoints are not posted. Set this when another company keeps your checkpoints. */
  AUDIT_CHECKPOINT_WEBHOOK: z
    .string()
    .regex(/^https?:\/\/\S+$/, 'must be an http or https URL')
    .optional(),
  /**
   * Witnesses that cosign checkpoints, each as `<verifier key> <url>`, separated by commas. Set this when independent witnesses cosign the
   * ledger.
   */
  AUDIT_WITNESSES: listSetting(
    z.string().regex(/^\S+\s+https?:\/\/\S+$/, 'must be a verifier key and a URL, with a blank between them'),
  ).default([]),
  /**
   * How many witnesses must cosign a checkpoint before the application serves it; absent: more than half. Set this when you agreed with your
   * witnesses on another number.
   */
  AUDIT_WITNESS_QUORUM: integerSetting(0, 100).optional(),
  /**
   * Bearer token that grants access to `/metrics` only; absent: only administrators and auditors have access. Set this when Prometheus scrapes
   * the application.
   */
  AUDIT_METRICS_TOKEN: z
    .string()
    .regex(/^\S{16,}$/, 'must have 16 characters or more, and no blanks')
    .optional(),
  /** After how many days the ledger archives and removes events; 0: never. Set this when events must be kept for a longer or shorter time. */
  AUDIT_RETENTION_DAYS: integerSetting(0, 36_500).default(90),
  /**
   * File with the option `retention` as JSON; its content replaces AUDIT_RETENTION_DAYS. Set this when periods differ by category, event type
   * or tenant.
   */
  AUDIT_RETENTION_FILE: z.string().optional(),
  /** File with the option `streams` as JSON; absent: no streams. Set this when a SIEM or a webhook must get the events. */
  AUDIT_STREAMS_FILE: z.string().optional(),
  /** Folder in which the archives are stored. Set this when archives belong on a volume of their own. */
  AUDIT_ARCHIVE_DIR: z.string().default('.data/archive'),
  /**
   * Whether changes of orders, products and memberships are captured in the database, including changes with psql. Absent: row changes are
   * captured, unless `AUDIT_DATABASE_URL` is set or the database user lacks the rights. Set this when a missing right must stop the start
   * instead of the capturing (`true`).
   */
  AUDIT_ROW_CHANGES: SWITCH.optional(),
  /** Whether rules watch the ledger and raise alerts. Set this when you read events without alerts among them (`false`). */
  AUDIT_ALERTS: SWITCH.default(true),
  /** The lowest level of messages that are logged. Set this when you look for the cause of a problem, or collect only warnings. */
  LOG_LEVEL: enumSetting(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /**
   * The proxies whose `X-Forwarded-For` is trusted, as in the option "trust proxy" of Express and Fastify. Absent: no proxy is trusted. Set
   * this when a load balancer forwards the requests, so that events have the client's address.
   */
  TRUST_PROXY: valueOption<string>(
    isTrustProxy,
    'must be a number of proxies, or their addresses, such as 1 or 10.0.0.0/8',
  ).optional(),
};

const SCHEMA = z.object(VARIABLES);

/** The application's configuration: the environment variables, validated and typed, with default values. `.env.example` lists the variables. */
export class AppConfig extends (Object as unknown as new () => Readonly<z.output<typeof SCHEMA>>) {} // a class, since it is an injection token

/** Without this check, blanks would become the number 0. */
function isBlank(value: unknown): boolean {
  return value === undefined || (typeof value === 'string' && value.trim() === '');
}

export function isRowCaptureEnabled({ MONITORING_ENABLED, AUDIT_ROW_CHANGES, AUDIT_DATABASE_URL }: AppConfig): boolean {
  return MONITORING_ENABLED && (AUDIT_ROW_CHANGES ?? AUDIT_DATABASE_URL === undefined);
}

/**
 * Reads the configuration from environment variables. Unknown variables are ignored, except those with the prefix `AUDIT_`.
 *
 * @throws `ENVIRONMENT_INVALID` that names every invalid variable, but never the value of a secret
 */
export function readConfig(environment: Readonly<Record<string, unknown>>): AppConfig {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => !isBlank(value)));
  const problems: string[] = [];
  const config = parseOptions(SCHEMA, given, problems);
  problems.push(...listIgnoredSettings(given));
  if (!config || problems.length > 0) throw StartError.forEnvironment(problems);
  return config;
}

/** Lists the variables without an effect. A misspelt AUDIT_ON_FAILURE would otherwise leave the application open. */
function listIgnoredSettings(given: Readonly<Record<string, unknown>>): readonly string[] {
  const unknown = Object.keys(given).filter((name) => name.startsWith('AUDIT_') && !(name in VARIABLES));
  const isBoth = 'AUDIT_RETENTION_DAYS' in given && 'AUDIT_RETENTION_FILE' in given;
  return [
    ...unknown.map((name) => `${name} is an unknown variable`),
    ...(isBoth ? ['AUDIT_RETENTION_FILE replaces AUDIT_RETENTION_DAYS, so set only one of them'] : []),
  ];
}
