import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { randomBytes } from 'node:crypto';
import { DataSource, type EntityManager } from 'typeorm';
import { uuidv7 } from 'uuidv7';
import { AppConfig } from '../../config/index.js';
import { PasswordHasher } from './password-hasher.service.js';
import { normalizeEmail } from './user.entity.js';
import { UserStore, type NewUser } from './user-store.service.js';

const PASSWORD_BYTES = 18;
/** Only one of several starting instances may make the administrator. */
const LOCK = `SELECT pg_advisory_xact_lock(hashtextextended('auth: first administrator', 0))`;
const EXISTS = `SELECT 1 FROM auth_user WHERE roles @> ARRAY['admin'] LIMIT 1`;

type Made = 'made' | 'exists already' | 'e-mail taken';

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
    private readonly passwords: PasswordHasher,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const email = normalizeEmail(this.config.ADMIN_EMAIL);
    const password = this.config.ADMIN_PASSWORD ?? randomBytes(PASSWORD_BYTES).toString('base64url');
    const made = await this.dataSource.transaction((manager) => this.makeUnlessThere(email, password, manager));
    if (made === 'e-mail taken') {
      this.logger.error(
        `Cannot make the first administrator: ${email} belongs to another account. Set ADMIN_EMAIL to another address.`,
      );
    }
    if (made === 'exists already') await this.compareWithConfiguration(email);
    if (made !== 'made') return;
    if (this.config.ADMIN_PASSWORD === undefined) process.stdout.write(announcement(email, password));
    else this.logger.log(`Made the first administrator, ${email}, with the password of ADMIN_PASSWORD.`);
  }

  private async compareWithConfiguration(email: string): Promise<void> {
    const { ADMIN_PASSWORD } = this.config;
    if (ADMIN_PASSWORD === undefined) return;
    const account = await this.users.findByEmail(email);
    if (account && (await this.passwords.matches(account.passwordHash, ADMIN_PASSWORD))) return;
    this.logger.warn(
      `ADMIN_PASSWORD is ignored: an administrator exists already${account ? `, and ${email} has another password` : ''}. ` +
        'It is used only at the first start. Log in with the current password, and change it then.',
    );
  }

  private async makeUnlessThere(email: string, password: string, manager: EntityManager): Promise<Made> {
    await manager.query(LOCK);
    const administrators = await manager.query<unknown[]>(EXISTS);
    if (administrators.length > 0) return 'exists already';
    const passwordHash = await this.passwords.hash(password);
    const user: NewUser = { id: uuidv7(), email, name: 'Administrator', passwordHash, roles: ['user', 'admin'] };
    const added = await this.users.add(user, manager);
    return added ? 'made' : 'e-mail taken';
  }
}

function announcement(email: string, password: string): string {
  return `\n  The first administrator, shown only now: ${email}, password: ${password}\n\n`;
}
