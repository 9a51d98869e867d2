import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { resolveAuditOptions, type AuditModuleOptions } from '../audit-options.js';
import { Catalogue } from '../catalogue/catalogue.js';
import { EventFactory } from '../event-factory.service.js';
import { MAX_EVENT_BYTES, type AuditEvent } from '../event/audit-event.js';
import { MisspeltNames } from '../misspelt-names.service.js';
import { PersonalNames } from '../personal-names.service.js';
import { AuditContext } from './audit-context.js';
import { RequiredContext } from './required-context.service.js';
import { ProvidedMetadata } from './provided-metadata.service.js';

function factory(options: AuditModuleOptions = {}): EventFactory {
  const resolved = resolveAuditOptions(options);
  const catalogue = new Catalogue();
  return new EventFactory(
    resolved,
    catalogue,
    new PersonalNames(resolved, catalogue),
    new ProvidedMetadata(resolved),
    new RequiredContext(resolved, catalogue),
    new MisspeltNames(catalogue),
  );
}

const metadataOf = (events: EventFactory, metadata?: object): AuditEvent['metadata'] =>
  events.create('job_done', { metadata: metadata as Record<string, unknown> }).metadata;

afterEach(() => void jest.restoreAllMocks());

describe("the scope's metadata", () => {
  const events = factory();

  it('go into the scopes within, and what is set there stays there', () => {
    AuditContext.run({ metadata: { batch: 'b-1', step: 0 } }, () => {
      AuditContext.run({ tenantId: 'acme', metadata: { step: 1 } }, () => {
        AuditContext.set({ metadata: { deep: true } });

        expect(metadataOf(events)).toEqual({ batch: 'b-1', step: 1, deep: true });
      });
      AuditContext.run({ tenantId: 'acme' }, () => {
        expect(metadataOf(events)).toEqual({ batch: 'b-1', step: 0 });
      });
      expect(metadataOf(events)).toEqual({ batch: 'b-1', step: 0 });
    });
  });

  it('are redacted, and cut before those of the event are', () => {
    const own = { note: 'kept' };
    AuditContext.run({ metadata: { password: 'hunter2', filler: 'x'.repeat(100_000) } }, () => {
      const event = events.create('job_done', { metadata: own });

      expect(event.metadata).toMatchObject({ ...own, password: '[REDACTED]' });
      expect(event.truncated).toBe(true);
      expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThanOrEqual(MAX_EVENT_BYTES);
    });
  });
});

describe('the option metadataProvider', () => {
  it.each<[string, string, () => unknown]>([
    ['throws', 'provider_threw', () => { throw new Error('no region'); }], // prettier-ignore
    ['is asynchronous', 'provider_async', () => Promise.reject(new Error('late'))],
    ['returns no object', 'provider_not_an_object', () => 'eu'],
    ['returns a list', 'provider_not_an_object', () => ['eu']],
  ])('that %s costs its fields and marks the event, and is logged once', (_what, metadataIssue, provider) => {
    const log = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const events = factory({ metadataProvider: provider as () => Record<string, unknown> });

    AuditContext.run({ metadata: { batch: 'b-1' } }, () => {
      expect(metadataOf(events, { own: 1 })).toEqual({ own: 1, metadataIssue, batch: 'b-1' });
    });
    expect(metadataOf(events)).toEqual({ metadataIssue });
    expect(log).toHaveBeenCalledTimes(1);
  });

  it('that records an event itself is not asked for that one', () => {
    const made: AuditEvent[] = [];
    const events: EventFactory = factory({
      metadataProvider: () => {
        made.push(events.create('metadata_asked', {}));
        return { region: 'eu' };
      },
    });

    expect(metadataOf(events)).toEqual({ region: 'eu' });
    expect(made.map(({ type, metadata }) => [type, metadata])).toEqual([['metadata_asked', {}]]);
  });
});
