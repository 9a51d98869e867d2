import { Injectable } from '@nestjs/common';
import { generateSecret, generateURI } from 'otplib';
import { AuditContext } from '../../../audit/index.js';
import { AlreadyDoneError, WrongCodeError } from '../accounts/account.error.js';
import { PasswordCheck } from '../passwords/password-check.service.js';
import { Lockout } from '../sessions/lockout.service.js';
import { hashRecoveryCode, makeRecoveryCodes } from './recovery-codes.js';
import { SecondFactor } from './second-factor.service.js';
import { TotpStore } from './totp-store.service.js';

const ISSUER = 'nestjs-audit-ledger';

/** What an authenticator needs. Shown once. */
export interface TotpSetup {
  readonly secret: string;
  /** The same as an address that authenticators read from a QR code. */
  readonly otpauthUri: string;
}

/** Gives accounts a second factor, and takes it away. */
@Injectable()
export class MfaSetup {
  constructor(
    private readonly store: TotpStore,
    private readonly secondFactor: SecondFactor,
    private readonly passwords: PasswordCheck,
    private readonly lockout: Lockout,
  ) {}

  /**
   * Makes a secret, which counts from its confirmation on. The route's event is `user_mfa_enable_attempted`.
   *
   * @throws WrongPasswordError (HTTP 400), AlreadyDoneError (HTTP 409)
   */
  async begin(user: { readonly id: string; readonly email: string }, password: string): Promise<TotpSetup> {
    AuditContext.annotate({ details: { mfaMethod: 'totp' } });
    await this.passwords.check(user.id, password, 'wrong_password');
    const secret = generateSecret();
    if (!(await this.store.begin(user.id, secret))) throw alreadyEnabled();
    AuditContext.annotate({ outcome: 'attempted' });
    return { secret, otpauthUri: generateURI({ issuer: ISSUER, label: user.email, secret }) };
  }

  /**
   * Makes the second factor count, once a code shows that the authenticator has the secret. Resolves with the recovery
   * codes: only now they can be seen.
   *
   * @throws WrongCodeError (HTTP 400), AlreadyDoneError (HTTP 409)
   */
  async confirm(userId: string, code: string): Promise<string[]> {
    AuditContext.annotate({ details: { mfaMethod: 'totp' } });
    const setting = await this.store.find(userId);
    if (setting?.confirmed) throw alreadyEnabled();
    if (!setting || !(await this.secondFactor.acceptsTotp(userId, setting, code))) throw wrongCode('invalid_code');
    const codes = makeRecoveryCodes();
    await this.store.confirm(userId, codes.map(hashRecoveryCode));
    return codes;
  }

  /**
   * Takes the second factor away. Wrong codes count towards the lock-out.
   *
   * @throws WrongPasswordError, WrongCodeError (HTTP 400)
   */
  async disable(userId: string, password: string, code: string): Promise<void> {
    AuditContext.annotate({ details: { initiatedBy: 'user' } });
    await this.passwords.check(userId, password, 'wrong_password');
    const method = await this.secondFactor.accepts(userId, code);
    if (!method) {
      await this.lockout.countFailure(userId);
      throw wrongCode('security_check_failed');
    }
    // Who needs a recovery code has his device no more.
    AuditContext.annotate({ reason: method === 'totp' ? 'user_request' : 'lost_device' });
    await this.store.remove(userId);
  }
}

function alreadyEnabled(): AlreadyDoneError {
  AuditContext.annotate({ reason: 'already_enabled' });
  return new AlreadyDoneError('the account has a second factor');
}

function wrongCode(reason: 'invalid_code' | 'security_check_failed'): WrongCodeError {
  AuditContext.annotate({ reason });
  return new WrongCodeError();
}
