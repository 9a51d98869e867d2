import { AuditProvider } from '../../../src/audit/index.js';

/** How long the store takes, and how often it was called: a spec sets both before each test. */
export const waiting = { stored: Promise.resolve(), calls: 0 };

/** Stores an event when the test tells it to. */
@AuditProvider({ backend: 'waiting' })
export class WaitingProvider implements AuditProvider {
  record(): Promise<void> {
    waiting.calls++;
    return waiting.stored;
  }
}
