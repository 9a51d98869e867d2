import { isIP } from 'node:net';
import { applyDecorators } from '@nestjs/common';
import { plainToInstance, Transform } from 'class-transformer';
import {
  IsBoolean,
  IsEmail,
  IsIn,
  IsInt,
  IsIP,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  MinLength,
  ValidateBy,
  validateSync,
} from 'class-validator';
import { StartError } from '../start.error.js';

const SWITCH: Readonly<Record<string, boolean>> = {
  true: true,
  '1': true,
  on: true,
  false: false,
  '0': false,
  off: false,
};

function FromText(parse: (text: string) => unknown): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? parse(value.trim()) : value));
}

function WholeNumber(least: number, most: number): PropertyDecorator {
  return applyDecorators(FromText(Number), IsInt(), Min(least), Max(most));
}

function Switch(): PropertyDecorator {
  const parse = (text: string): unknown => SWITCH[text.toLowerCase()] ?? text;
  return applyDecorators(FromText(parse), IsBoolean({ message: '$property must be true or false' }));
}

function OptionalText(minLength = 0): PropertyDecorator {
  return applyDecorators(IsOptional(), IsString(), MinLength(minLength));
}

function OptionalMatch(form: RegExp, message: string): PropertyDecorator {
  return applyDecorators(IsOptional(), Matches(form, { message }));
}

function OptionalPostgresUrl(example: string): PropertyDecorator {
  return OptionalMatch(/^postgres(ql)?:\/\/\S+$/, `$property must be an address such as ${example}`);
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

/** The application's configuration: the environment variables, validated and typed, with default values. `.env.example` lists the variables. */
export class AppConfig {
  /** Port of the HTTP server; with 0, the application chooses a free port. */
  @WholeNumber(0, 65_535)
  readonly PORT: number = 3000;

  /** Address that the HTTP server listens on; `0.0.0.0` accepts connections from all networks. */
  @IsIP()
  readonly HOST: string = '127.0.0.1';

  /** The web framework that Nest uses. */
  @IsIn(['express', 'fastify'])
  readonly HTTP_ADAPTER: 'express' | 'fastify' = 'express';

  /** E-mail address of the first administrator, whose account is created at the first start. */
  @IsEmail()
  readonly ADMIN_EMAIL: string = 'admin@example.com';

  /** Password of the first administrator; absent: the application generates a password, and prints it once. */
  @OptionalText(12)
  readonly ADMIN_PASSWORD?: string;

  /** Secret that signs access tokens; absent: the application generates a secret at the first start, and stores it in the database. */
  @OptionalText(32)
  readonly AUTH_JWT_SECRET?: string;

  /** Maximum duration of a session, in days. */
  @WholeNumber(1, 365)
  readonly AUTH_SESSION_DAYS: number = 30;

  /** How many wrong passwords or codes in a row lock an account. */
  @WholeNumber(1, 1_000)
  readonly AUTH_LOCKOUT_FAILURES: number = 10;

  /** How long an account stays locked, in minutes. */
  @WholeNumber(1, 1_440)
  readonly AUTH_LOCKOUT_MINUTES: number = 15;

  /** Maximum number of requests per minute from one address to each route that accepts a secret; 0: no limit. */
  @WholeNumber(0, 1_000_000)
  readonly AUTH_RATE_LIMIT: number = 300;

  /** Folder into which mails are written. */
  @IsString()
  readonly MAIL_DIR: string = '.data/mail';

  /** Address of the PostgreSQL server; absent: the application starts an embedded server. */
  @OptionalText()
  readonly DATABASE_URL?: string;

  /** Folder of the embedded PostgreSQL; absent: `.data/pg`. */
  @OptionalText()
  readonly EMBEDDED_PG_DIR?: string;

  /** Whether the ledger is on. */
  @Switch()
  readonly MONITORING_ENABLED: boolean = true;

  /** Address of the ledger's own database, or of the application's database with another login. Absent: the application's database. */
  @OptionalPostgresUrl('postgresql://user:password@host:5432/audit')
  readonly AUDIT_DATABASE_URL?: string;

  /** Address of the ledger for the login that seals, retires and erases; absent: the login that adds events does this work. */
  @OptionalPostgresUrl('postgresql://user:password@host:5432/audit')
  readonly AUDIT_SEQUENCER_URL?: string;

  /** Address of a replica of the ledger's database, for queries and exports; absent: the primary. */
  @OptionalPostgresUrl('postgresql://user:password@replica:5432/audit')
  readonly AUDIT_READ_URL?: string;

  /** Backend names of the audit providers that are disabled, separated by commas. */
  @FromText((text) => text.split(',').flatMap((name) => name.trim() || []))
  @Matches(/^[a-z][a-z0-9-]*$/, { each: true })
  readonly AUDIT_DISABLED_PROVIDERS: readonly string[] = [];

  /** Folder for events that a provider could not store. */
  @IsString()
  readonly AUDIT_SPILL_DIR: string = '.data/spill';

  /**
   * How many failures and denials of one address or actor are recorded as events per minute. Further failures and denials are only counted.
   * 0: each failure and each denial is an event.
   */
  @WholeNumber(0, 1_000_000)
  readonly AUDIT_MAX_FAILURES_PER_MINUTE: number = 60;

  /**
   * Key that signs the lines of the spill: 32 characters or more, stored outside the spill's folder. If the variable has several keys,
   * separated by commas, the first key signs, and signatures of all keys are accepted. Absent: a key file beside the folder. With
   * NODE_ENV=production, the variable is required.
   */
  @IsOptional()
  @FromText((text) => text.split(',').flatMap((key) => key.trim() || []))
  @MinLength(32, { each: true, message: 'each key in AUDIT_SPILL_KEY must have 32 characters or more' })
  readonly AUDIT_SPILL_KEY?: readonly string[];

  /** What happens when no provider can store an operation's event: the operation continues (`open`) or fails (`closed`). */
  @IsIn(['open', 'closed'])
  readonly AUDIT_ON_FAILURE: 'open' | 'closed' = 'open';

  /** File with the key that signs the ledger's checkpoints. A missing file is created, except with NODE_ENV=production. */
  @IsString()
  readonly AUDIT_SIGNING_KEY_FILE: string = '.data/signing.key';

  /** Content of a key file, which replaces `AUDIT_SIGNING_KEY_FILE`. With NODE_ENV=production, also set `AUDIT_CHECKPOINT_MEMORY`. */
  @OptionalText()
  readonly AUDIT_SIGNING_KEY?: string;

  /**
   * File with the key that signs the contexts of row changes. Absent: `.data/context.key`, which the application makes if row changes are
   * captured.
   */
  @OptionalText()
  readonly AUDIT_CONTEXT_KEY_FILE?: string;

  /**
   * File outside the database for the last signed checkpoint, which all instances share; absent: the path of the key file, followed by
   * `.last`. With NODE_ENV=production, the application does not start if it cannot write this file.
   */
  @OptionalText()
  readonly AUDIT_CHECKPOINT_MEMORY?: string;

  /** File outside the database for erasure certificates; absent: the path of the key file, followed by `.erasures`. */
  @OptionalText()
  readonly AUDIT_ERASURE_FILE?: string;

  /** The ledger's name in its checkpoints and keys. Choose a unique name, and never change it. */
  @Matches(/^[^\s+]+$/, { message: 'AUDIT_LEDGER_ORIGIN must be a name such as example.com/audit' })
  readonly AUDIT_LEDGER_ORIGIN: string = 'nestjs-audit-ledger.local/ledger';

  /** Prefix that a proxy removes from the path of requests to the viewer. Absent: no prefix. */
  @OptionalMatch(/^(\/[\w.~-]+)+$/, 'AUDIT_VIEWER_BASE_PATH must be a path such as /ops')
  readonly AUDIT_VIEWER_BASE_PATH?: string;

  /** A file outside the database into which checkpoints are published; absent: checkpoints are not published to a file. */
  @OptionalText()
  readonly AUDIT_CHECKPOINT_FILE?: string;

  /** A URL to which checkpoints are published by POST; absent: checkpoints are not posted. */
  @OptionalMatch(/^https?:\/\/\S+$/, 'AUDIT_CHECKPOINT_WEBHOOK must be an http or https URL')
  readonly AUDIT_CHECKPOINT_WEBHOOK?: string;

  /** Secret that signs the posted checkpoints with HMAC-SHA-256; absent: no signature. */
  @OptionalText(32)
  readonly AUDIT_CHECKPOINT_WEBHOOK_SECRET?: string;

  /** How many seconds pass between two publications of the newest checkpoint, while the ledger grows. */
  @WholeNumber(1, 86_400)
  readonly AUDIT_CHECKPOINT_INTERVAL_SECONDS: number = 10;

  /** Witnesses that cosign checkpoints, each as `<verifier key> <url>`, separated by commas. */
  @FromText((text) => text.split(',').flatMap((pair) => pair.trim().replace(/\s+/g, ' ') || []))
  @Matches(/^\S+ https?:\/\/\S+$/, {
    each: true,
    message: 'AUDIT_WITNESSES must be pairs of a verifier key and a URL, separated by commas',
  })
  readonly AUDIT_WITNESSES: readonly string[] = [];

  /** How many witnesses must cosign a checkpoint before the application serves it; absent: more than half. */
  @IsOptional()
  @WholeNumber(0, 100)
  readonly AUDIT_WITNESS_QUORUM?: number;

  /** Bearer token that grants access to `/metrics` only; absent: only administrators and auditors have access. */
  @OptionalMatch(/^\S{16,}$/, 'AUDIT_METRICS_TOKEN must have 16 characters or more, and no blanks')
  readonly AUDIT_METRICS_TOKEN?: string;

  /** After how many days the ledger archives and removes events; 0: never. */
  @WholeNumber(0, 36_500)
  readonly AUDIT_RETENTION_DAYS: number = 90;

  /** File with the option `retention` as JSON; its content replaces AUDIT_RETENTION_DAYS. */
  @OptionalText()
  readonly AUDIT_RETENTION_FILE?: string;

  /** File with the option `streams` as JSON; absent: no streams. */
  @OptionalText()
  readonly AUDIT_STREAMS_FILE?: string;

  /**
   * Key that encrypts the secrets of streams made at run time: 32 bytes in base64, or several keys separated by commas, newest first.
   * Absent: streams with secrets cannot be added at run time.
   */
  @OptionalText()
  readonly AUDIT_STREAM_SECRETS_KEY?: string;

  /** Folder in which the archives are stored. */
  @IsString()
  readonly AUDIT_ARCHIVE_DIR: string = '.data/archive';

  /**
   * Whether changes of orders, products and memberships are captured in the database, including changes with psql. Absent: row changes are
   * captured, unless `AUDIT_DATABASE_URL` is set or the database user lacks the rights.
   */
  @IsOptional()
  @Switch()
  readonly AUDIT_ROW_CHANGES?: boolean;

  /** `daily`: a review opens for each day. `four-eyes`: in addition, nobody can sign off a day on which they acted. Absent: no reviews open. */
  @IsOptional()
  @IsIn(['daily', 'four-eyes'])
  readonly AUDIT_REVIEW?: 'daily' | 'four-eyes';

  /** Whether rules watch the ledger and raise alerts. */
  @Switch()
  readonly AUDIT_WATCH: boolean = true;

  /** The lowest level of messages that are logged. */
  @IsIn(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
  readonly LOG_LEVEL: string = 'info';

  /** The proxies whose `X-Forwarded-For` is trusted, as in the option "trust proxy" of Express and Fastify. Absent: no proxy is trusted. */
  @IsOptional()
  @ValidateBy({
    name: 'isTrustProxy',
    validator: {
      validate: isTrustProxy,
      defaultMessage: () => 'TRUST_PROXY must be a number of proxies, or their addresses, such as 1 or 10.0.0.0/8',
    },
  })
  readonly TRUST_PROXY?: string;
}

/** Without this check, blanks would become the number 0. */
function isBlank(value: unknown): boolean {
  return value === undefined || (typeof value === 'string' && value.trim() === '');
}

export function capturesRows({ MONITORING_ENABLED, AUDIT_ROW_CHANGES, AUDIT_DATABASE_URL }: AppConfig): boolean {
  return MONITORING_ENABLED && (AUDIT_ROW_CHANGES ?? AUDIT_DATABASE_URL === undefined);
}

/**
 * Reads the configuration from environment variables. Unknown variables are ignored, except those with the prefix `AUDIT_`.
 *
 * @throws `ENVIRONMENT_INVALID` that names every invalid variable, but never the value of a secret
 */
export function readConfig(environment: Readonly<Record<string, unknown>>): AppConfig {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => !isBlank(value)));
  const config = plainToInstance(AppConfig, given, { exposeDefaultValues: true });
  const invalid = validateSync(config, { skipMissingProperties: false });
  const problems = [...invalid.flatMap(({ constraints = {} }) => sayOnce(constraints)), ...unheeded(given)];
  if (problems.length > 0) throw StartError.ofEnvironment(problems);
  return config;
}

/** Lists the variables without an effect. A misspelt AUDIT_ON_FAILURE would otherwise leave the application open. */
function unheeded(given: Readonly<Record<string, unknown>>): readonly string[] {
  const known = new AppConfig();
  const unknown = Object.keys(given).filter((name) => name.startsWith('AUDIT_') && !(name in known));
  const isBoth = 'AUDIT_RETENTION_DAYS' in given && 'AUDIT_RETENTION_FILE' in given;
  return [
    ...unknown.map((name) => `${name} is an unknown variable`),
    ...(isBoth ? ['AUDIT_RETENTION_FILE replaces AUDIT_RETENTION_DAYS, so set only one of them'] : []),
  ];
}

function sayOnce(constraints: Readonly<Record<string, string>>): readonly string[] {
  return constraints.isInt === undefined ? Object.values(constraints) : [constraints.isInt];
}
