import { generate } from 'otplib';

const STEP_SECONDS = 30;

/**
 * An authenticator app. Its first code is of the step before this one and each next one of the step after the last, so
 * that three codes are good at once and none twice.
 */
export class Authenticator {
  private step = -1;

  constructor(private readonly secret: string) {}

  async nextCode(): Promise<string> {
    const epoch = Math.floor(Date.now() / 1_000) + STEP_SECONDS * this.step;
    this.step += 1;
    return generate({ secret: this.secret, epoch });
  }
}
