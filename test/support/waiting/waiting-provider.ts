import { AuditProvider } from '../../../src/audit/index.js';

/** A spec sets both values before each test. */
export const waiting = { stored: Promise.resolve(), calls: 0 };

@AuditProvider({ backend: 'waiting' })
export class WaitingProvider implements AuditProvider {
  record(): Promise<void> {
    waiting.calls++;
    return waiting.stored;
  }
}
