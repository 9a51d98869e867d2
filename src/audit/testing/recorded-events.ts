import type { INestApplicationContext } from '@nestjs/common';
import { Catalogue } from '../catalogue/catalogue.js';
import type { AuditEvent } from '../event/audit-event.js';
import { NoInMemoryProviderError } from './expectation.error.js';
import { InMemoryAuditProvider } from './in-memory-audit.provider.js';

/** Where a test reads events: a provider, or an application (or testing module) that has one. */
export type AuditEventSource = InMemoryAuditProvider | INestApplicationContext;

/** The recorded events of a source, and the catalogue that their names belong to. */
export interface RecordedEvents {
  readonly events: readonly AuditEvent[];
  readonly catalogue: Catalogue;
}

/**
 * Returns the events and the catalogue of a source. A provider alone only knows the names of the given catalogue; an application also knows
 * its own.
 *
 * @throws NoInMemoryProviderError (`AUDIT_TESTING_PROVIDER_MISSING`)
 */
export function recordedEventsOf(source: AuditEventSource): RecordedEvents {
  if (source instanceof InMemoryAuditProvider) return { events: source.events, catalogue: new Catalogue() };
  try {
    const { events } = source.get(InMemoryAuditProvider, { strict: false });
    return { events, catalogue: source.get(Catalogue, { strict: false }) };
  } catch (error) {
    throw NoInMemoryProviderError.create(error);
  }
}
