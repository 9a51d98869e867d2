import { generate } from 'otplib';

const STEP_SECONDS = 30;

/** The first code is of the previous step, and each next code of the following step. So three codes are valid at once. */
export class Authenticator {
  private step = -1;

  constructor(private readonly secret: string) {}

  async nextCode(): Promise<string> {
    const epoch = Math.floor(Date.now() / 1_000) + STEP_SECONDS * this.step;
    this.step += 1;
    return generate({ secret: this.secret, epoch });
  }
}
