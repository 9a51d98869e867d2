import { Injectable } from '@nestjs/common';
import { generateSecret, generateURI } from 'otplib';
import { AuditContext } from '../../../audit/index.js';
import { alreadyDone, wrongCode } from '../account.error.js';
import type { MfaSetupView } from '../http/auth.dto.js';
import { PasswordCheck } from '../passwords/password-check.service.js';
import { Lockout } from '../sessions/lockout.service.js';
import { hashRecoveryCode, makeRecoveryCodes, SecondFactor } from './second-factor.service.js';

const ISSUER = 'nestjs-audit-ledger';

/** Gives accounts a second factor, and takes it away. */
@Injectable()
export class MfaSetup {
  constructor(
    private readonly secondFactor: SecondFactor,
    private readonly passwords: PasswordCheck,
    private readonly lockout: Lockout,
  ) {}

  /**
   * Makes a secret, which counts from its confirmation on. The route's event is `user_mfa_enable_attempted`.
   *
   * @throws RefusedError (400, 409)
   */
  async begin(user: { readonly id: string; readonly email: string }, password: string): Promise<MfaSetupView> {
    AuditContext.annotate({ details: { mfaMethod: 'totp' } });
    await this.passwords.check(user.id, password, 'wrong_password');
    const secret = generateSecret();
    if (!(await this.secondFactor.begin(user.id, secret))) throw alreadyEnabled();
    AuditContext.annotate({ outcome: 'attempted' });
    return { secret, otpauthUri: generateURI({ issuer: ISSUER, label: user.email, secret }) };
  }

  /**
   * Makes the second factor count, once a code shows that the authenticator has the secret. Resolves with the recovery
   * codes: only now they can be seen.
   *
   * @throws RefusedError (400, 409)
   */
  async confirm(userId: string, code: string): Promise<string[]> {
    AuditContext.annotate({ details: { mfaMethod: 'totp' } });
    const setting = await this.secondFactor.find(userId);
    if (setting?.confirmed) throw alreadyEnabled();
    if (!setting || !(await this.secondFactor.acceptsTotp(userId, setting, code))) throw wrongCode('invalid_code');
    const codes = makeRecoveryCodes();
    await this.secondFactor.confirm(userId, codes.map(hashRecoveryCode));
    return codes;
  }

  /**
   * Takes the second factor away. Wrong codes count towards the lock-out.
   *
   * @throws RefusedError (400)
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
    await this.secondFactor.remove(userId);
  }
}

function alreadyEnabled(): Error {
  return alreadyDone('already_enabled', 'the account has a second factor');
}
