import { Injectable } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { AuditContext } from '../../../audit/index.js';
import { EmailVerification } from '../emails/email-verification.service.js';
import { EmailTakenError } from './account.error.js';
import { noteAccount } from './note-account.js';
import { PasswordHasher } from './password-hasher.service.js';
import { UserStore } from './user-store.service.js';

/** A validated wish for an account; `email` is normalised. */
export interface Registration {
  readonly email: string;
  readonly password: string;
  readonly name: string;
}

/** Makes accounts. */
@Injectable()
export class RegistrationService {
  constructor(
    private readonly users: UserStore,
    private readonly passwords: PasswordHasher,
    private readonly verification: EmailVerification,
  ) {}

  /**
   * Stores an account with the role `user`, and mails its owner a token to confirm the address. In a transaction that is
   * rolled back then, the token is gone with the account: the mail does no harm, and the next registration sends another.
   *
   * @throws EmailTakenError (HTTP 409)
   */
  async register({ email, password, name }: Registration): Promise<{ id: string; email: string }> {
    AuditContext.annotate({ details: { email, registrationMethod: 'email', emailVerified: false } });
    const id = uuidv7();
    const passwordHash = await this.passwords.hash(password);
    if (await this.users.add({ id, email, name, passwordHash, roles: ['user'] })) {
      noteAccount({ id, name });
      await this.verification.send({ id, email });
      return { id, email };
    }
    AuditContext.annotate({ reason: 'duplicate_email' });
    throw new EmailTakenError();
  }
}
