import { generate } from 'otplib';

const STEP_MS = 30_000;

/**
 * The first code is of the current step, and each next code of the following step. So two codes are valid at once, for half a minute at
 * least. A code of the previous step would be too old if the step ends before the server verifies the code.
 */
export class Authenticator {
  private step = 0;

  constructor(private readonly secret: string) {}

  async nextCode(): Promise<string> {
    const epoch = Math.floor((Date.now() + STEP_MS * this.step) / 1_000);
    this.step += 1;
    return generate({ secret: this.secret, epoch });
  }
}
