import { Body, Controller, Header, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { generateSecret, generateURI } from 'otplib';
import { AuditContext, Audited } from '../../../audit/index.js';
import { RefusedError } from '../../http-input/refused.error.js';
import { RateLimited, SessionOnly } from '../access/access.decorators.js';
import { CurrentUser, type AuthenticatedUser } from '../access/authenticated-user.js';
import { alreadyDone } from '../account.error.js';
import { SecondFactor } from '../mfa/second-factor.service.js';
import { Lockout } from '../sessions/lockout.service.js';
import { CodeDto, MfaDisableDto, MfaSetupView, PasswordDto, RecoveryCodesView } from './auth.dto.js';

const ISSUER = 'nestjs-audit-ledger';

/** Adds a second factor to an account, or removes the second factor. */
@ApiTags('auth')
@SessionOnly()
@RateLimited()
@Controller('auth/me/mfa')
export class MfaController {
  constructor(
    private readonly secondFactor: SecondFactor,
    private readonly lockout: Lockout,
  ) {}

  /** Returns the secret for an authenticator */
  @Post()
  @Header('cache-control', 'no-store')
  @Audited('user_mfa_enable')
  async begin(
    @CurrentUser() { id, email: label }: AuthenticatedUser,
    @Body() { password }: PasswordDto,
  ): Promise<MfaSetupView> {
    AuditContext.annotate({ details: { mfaMethod: 'totp' } });
    await this.lockout.checkPassword(id, password);
    const secret = generateSecret();
    if (!(await this.secondFactor.begin(id, secret))) throw alreadyEnabled();
    AuditContext.annotate({ outcome: 'attempted' });
    return { secret, otpauthUri: generateURI({ issuer: ISSUER, label, secret }) };
  }

  /** Confirms that the authenticator has the secret; from then on, every log-in needs a code */
  @Post('confirm')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Audited('user_mfa_enable')
  async confirm(@CurrentUser() { id }: AuthenticatedUser, @Body() { code }: CodeDto): Promise<RecoveryCodesView> {
    AuditContext.annotate({ details: { mfaMethod: 'totp' } });
    const setting = await this.secondFactor.find(id);
    if (setting?.confirmed) throw alreadyEnabled();
    if (!setting || !(await this.secondFactor.acceptsTotp(id, setting, code))) throw wrongCode('invalid_code');
    return { recoveryCodes: await this.secondFactor.confirm(id) };
  }

  /** Removes the second factor; too many wrong codes lock the account */
  @Post('disable')
  @HttpCode(204)
  @Audited('user_mfa_disable')
  async disable(@CurrentUser() { id }: AuthenticatedUser, @Body() { password, code }: MfaDisableDto): Promise<void> {
    AuditContext.annotate({ details: { initiatedBy: 'user' } });
    await this.lockout.checkPassword(id, password);
    const method = await this.secondFactor.accepts(id, code);
    if (!method) {
      await this.lockout.countFailure(id);
      throw wrongCode('security_check_failed');
    }
    // Users who use a recovery code have probably lost the device with the authenticator.
    AuditContext.annotate({ reason: method === 'totp' ? 'user_request' : 'lost_device' });
    await this.secondFactor.remove(id);
  }
}

function wrongCode(reason: string): Error {
  const message = 'Cannot change the second factor: the code is wrong. Enter the current code of the authenticator.';
  return new RefusedError(400, reason, message);
}

function alreadyEnabled(): Error {
  return alreadyDone('already_enabled', 'the account has a second factor');
}
