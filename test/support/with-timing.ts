import { afterAll, beforeAll } from '@jest/globals';
import { TIMING } from '../../src/modules/monitoring/store/timing.js';

/** Lets the ledger look as often, and wait as long, as a spec says, until the end of that spec or `describe`. */
export function withTiming(wanted: Partial<typeof TIMING>): void {
  const before = { ...TIMING };
  beforeAll(() => void Object.assign(TIMING, wanted));
  afterAll(() => void Object.assign(TIMING, before));
}
