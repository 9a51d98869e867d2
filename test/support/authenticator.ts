import { setTimeout as pause } from 'node:timers/promises';
import { generate } from 'otplib';

const STEP_MS = 30_000;
/** Even on a busy machine, a request takes less time. */
const ENOUGH_MS = 3_000;

/**
 * The first code is of the current step, and each next code of the following step. So two codes are valid at once, for half a minute at
 * least. A code of the previous step would be too old if the step ends before the server verifies the code.
 */
export class Authenticator {
  private step = 0;

  constructor(private readonly secret: string) {}

  async nextCode(): Promise<string> {
    if (this.step < 0) await untilStepLasts();
    const epoch = Math.floor((Date.now() + STEP_MS * this.step) / 1_000);
    this.step += 1;
    return generate({ secret: this.secret, epoch });
  }
}

/** A code of the previous step is valid only until the current step ends. */
async function untilStepLasts(): Promise<void> {
  const leftMs = STEP_MS - (Date.now() % STEP_MS);
  if (leftMs < ENOUGH_MS) await pause(leftMs + 1); // a timer may be a millisecond early
}
