import { afterAll, beforeAll } from '@jest/globals';
import { TIMING } from '../../src/monitoring/store/timing.js';

export function withTiming(wanted: Partial<typeof TIMING>): void {
  const before = { ...TIMING };
  beforeAll(() => void Object.assign(TIMING, wanted));
  afterAll(() => void Object.assign(TIMING, before));
}
