import { randomBytes } from 'node:crypto';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { hash, verify } from '@node-rs/argon2';
import { DataSource, Raw, type EntityManager } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { AuditAggregator, AuditContext } from '../../audit/index.js';
import { AppConfig } from '../config/index.js';
import { RefusedError } from '../http-input/refused.error.js';
import { normalizeEmail, UserEntity, type Role } from './user.entity.js';

/** The parameters come from OWASP's password storage cheat sheet. The default algorithm of `@node-rs/argon2` is Argon2id. */
const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Hashes passwords, and compares passwords with hashes, on other threads. */
@Injectable()
export class PasswordHasher implements OnModuleInit {
  /** A hash with the parameters of real hashes, so that a log-in without an account takes the same time. */
  private decoy = '';

  async onModuleInit(): Promise<void> {
    this.decoy = await this.hash(randomBytes(32).toString('base64url'));
  }

  /** Returns the hash of `password` in PHC format. Two keyboards may send the same character in different forms (NIST SP 800-63B, 3.1.1.2). */
  async hash(password: string): Promise<string> {
    return hash(password.normalize('NFKC'), ARGON2);
  }

  /** Whether `passwordHash` is a hash of `password`. Without a hash, returns `false` after the same time as for a wrong password. */
  async matches(passwordHash: string | undefined, password: string): Promise<boolean> {
    const matched = await verify(passwordHash ?? this.decoy, password.normalize('NFKC'));
    return matched && passwordHash !== undefined;
  }
}

const INSERT = `
  INSERT INTO auth_user (id, email, name, password_hash, roles) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (lower(email)) DO NOTHING RETURNING id`;

interface NewUser {
  readonly email: string;
  readonly name: string;
  readonly password: string;
  readonly roles: readonly Role[];
}

/** Adds and finds accounts, also inactive ones. */
@Injectable()
export class UserStore {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly passwords: PasswordHasher,
  ) {}

  /** Stores an active account, and resolves with its id; with `undefined` if the e-mail address already has an account. */
  async add(user: NewUser, manager = this.dataSource.manager): Promise<string | undefined> {
    const values = [uuidv7(), user.email, user.name, await this.passwords.hash(user.password), user.roles];
    return (await manager.query<{ id: string }[]>(INSERT, values))[0]?.id;
  }

  async findByEmail(email: string): Promise<UserEntity | null> {
    const sameEmail = Raw((column) => `lower(${column}) = lower(:email)`, { email });
    return this.dataSource.manager.findOneBy(UserEntity, { email: sameEmail });
  }

  /** @param id a UUID */
  async findById(id: string): Promise<UserEntity | null> {
    return this.dataSource.manager.findOneBy(UserEntity, { id });
  }
}

const LOCK_ADMINISTRATORS = `SELECT pg_advisory_xact_lock(hashtextextended('auth: administrators', 0))`;
const OTHER_ADMINISTRATOR = `SELECT 1 FROM auth_user WHERE active AND roles @> ARRAY['admin'] AND id <> $1 LIMIT 1`;

/**
 * Takes a lock until the transaction ends, so that two administrators cannot remove each other at the same time. Resolves with the account.
 *
 * @throws RefusedError (409) if the account is the only active administrator
 */
export async function lockAdministrators(id: string, manager: EntityManager): Promise<UserEntity | null> {
  await manager.query(LOCK_ADMINISTRATORS);
  const user = await manager.findOneBy(UserEntity, { id });
  if (!user?.active || !user.roles.includes('admin')) return user;
  if ((await manager.query<unknown[]>(OTHER_ADMINISTRATOR, [id])).length > 0) return user;
  const seen = 'it is the last administrator. Make another account an administrator first.';
  throw new RefusedError(409, 'last_admin_role', `Cannot do this to the account: ${seen}`);
}

/** How many wrong passwords in a row lock an account, and for how long. */
const MAX_FAILURES = 10;
const LOCKED_MINUTES = 15;

/** The count restarts if a lock has ended since the last failure. */
const COUNT = `
  WITH counting AS (
    SELECT id, CASE WHEN locked_until <= now() THEN 1 ELSE failed_logins + 1 END AS attempts
      FROM auth_user WHERE id = $1 FOR UPDATE),
  counted AS (
    UPDATE auth_user u
       SET failed_logins = c.attempts,
           locked_until = CASE WHEN c.attempts >= $2 THEN now() + make_interval(mins => $3) END
      FROM counting c WHERE u.id = c.id)
  SELECT attempts FROM counting`;
/** Locks accounts for a while after too many wrong passwords in a row. During a lock, even the correct password is refused. */
@Injectable()
export class Lockout {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly audit: AuditAggregator,
    private readonly users: UserStore,
    private readonly passwords: PasswordHasher,
  ) {}

  isLocked({ lockedUntil }: { readonly lockedUntil: Date | null }): boolean {
    return lockedUntil !== null && lockedUntil.getTime() > Date.now();
  }

  /**
   * Counts a wrong password, and adds the count to the route's event. If the count reaches the limit, also records
   * `suspicious_session_activity`.
   */
  async countFailure(userId: string): Promise<void> {
    const [counted] = await this.dataSource.query<{ attempts: number }[]>(COUNT, [
      userId,
      MAX_FAILURES,
      LOCKED_MINUTES,
    ]);
    if (!counted) return;
    AuditContext.annotate({ details: { attempts: counted.attempts } });
    if (counted.attempts !== MAX_FAILURES) return;
    const detectionReason = `${MAX_FAILURES} failures in a row`;
    await this.audit.record('suspicious_session_activity', {
      severity: 'warning',
      resource: { type: 'user', id: userId },
      details: { activityType: 'repeated_failures', detectionReason, lockedMinutes: LOCKED_MINUTES },
    });
  }

  /** Resets the count after a success. */
  async clear(userId: string): Promise<void> {
    const clear = 'UPDATE auth_user SET failed_logins = 0, locked_until = NULL WHERE id = $1 AND failed_logins > 0';
    await this.dataSource.query(clear, [userId]);
  }

  /**
   * Checks the password of a logged-in user, before an action that the thief of a session must not be able to do. Wrong passwords are counted.
   *
   * @throws RefusedError (400) if the password is wrong, or the account is locked
   */
  async checkPassword(userId: string, password: string): Promise<void> {
    const user = await this.users.findById(userId);
    const matches = await this.passwords.matches(user?.passwordHash, password);
    const isLocked = user !== null && this.isLocked(user);
    if (matches && !isLocked) return;
    if (!isLocked) await this.countFailure(userId);
    const message = 'Cannot change the account: the current password is wrong. Check it and try again.';
    throw new RefusedError(400, isLocked ? 'locked' : 'wrong_password', message);
  }
}

/** Only one of several starting instances may make the administrator. */
const LOCK_FIRST = `SELECT pg_advisory_xact_lock(hashtextextended('auth: first administrator', 0))`;
const EXISTS = `SELECT 1 FROM auth_user WHERE roles @> ARRAY['admin'] LIMIT 1`;

/**
 * Makes the configured administrator at boot if no administrator exists. If the configuration has no password, the service generates a
 * password and writes it to the standard output once.
 */
@Injectable()
export class FirstAdministrator implements OnApplicationBootstrap {
  private readonly logger = new Logger('AuthModule');

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly config: AppConfig,
    private readonly users: UserStore,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { ADMIN_EMAIL, ADMIN_PASSWORD: password = randomBytes(18).toString('base64url') } = this.config;
    const email = normalizeEmail(ADMIN_EMAIL);
    await this.dataSource.transaction(async (manager) => {
      await manager.query(LOCK_FIRST);
      if ((await manager.query<unknown[]>(EXISTS)).length > 0) return;
      const user: NewUser = { email, name: 'Administrator', password, roles: ['user', 'admin'] };
      const isMade = (await this.users.add(user, manager)) !== undefined;
      if (!isMade) {
        const seen = `${email} belongs to another account. Set ADMIN_EMAIL to another address.`;
        this.logger.error(`Cannot make the first administrator: ${seen}`);
      } else if (this.config.ADMIN_PASSWORD === undefined) {
        process.stdout.write(`\n  The first administrator, shown only now: ${email}, password: ${password}\n\n`);
      } else this.logger.log(`Made the first administrator, ${email}, with the password of ADMIN_PASSWORD.`);
    });
  }
}
