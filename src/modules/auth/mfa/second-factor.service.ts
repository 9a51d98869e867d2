import { Injectable } from '@nestjs/common';
import { verify } from 'otplib';
import { hashRecoveryCode } from './recovery-codes.js';
import { TotpStore, type TotpSetting } from './totp-store.service.js';

const TOTP_CODE = /^\d{6}$/;
/** A clock may be wrong by one step of the authenticator. */
const TOLERANCE_SECONDS = 30;

/** Checks codes: of the authenticator, or recovery codes. Each is good once. */
@Injectable()
export class SecondFactor {
  constructor(private readonly store: TotpStore) {}

  /** Whether a login of the account needs a code. */
  async isEnabled(userId: string): Promise<boolean> {
    return (await this.store.find(userId))?.confirmed ?? false;
  }

  /** How the code was proven, using it up; `undefined` when it is wrong, or the account has no second factor. */
  async accepts(userId: string, code: string): Promise<'totp' | 'recovery_code' | undefined> {
    const setting = await this.store.find(userId);
    if (!setting?.confirmed) return undefined;
    if (TOTP_CODE.test(code)) return (await this.acceptsTotp(userId, setting, code)) ? 'totp' : undefined;
    return (await this.store.useRecoveryCode(userId, hashRecoveryCode(code))) ? 'recovery_code' : undefined;
  }

  /** Whether the code is one that the authenticator shows now and that was not used yet; uses it up. */
  async acceptsTotp(userId: string, { secret, lastTimeStep }: TotpSetting, code: string): Promise<boolean> {
    if (!TOTP_CODE.test(code)) return false;
    const result = await verify({ secret, token: code, epochTolerance: TOLERANCE_SECONDS });
    if (!result.valid || !('timeStep' in result) || result.timeStep <= lastTimeStep) return false;
    return this.store.useTimeStep(userId, result.timeStep);
  }
}
