import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { AuditModuleOptions } from './audit-options.js';
import { resolveAuditOptions } from './resolve-audit-options.js';
import { Catalogue } from './catalogue/catalogue.js';
import { AuditContext } from './context/audit-context.js';
import { EventFactory } from './event-factory.service.js';
import type { PrivacyOptions } from './event-redaction.js';
import { MAX_EVENT_BYTES, type AuditEvent } from './event/audit-event.js';
import { RequiredContext } from './context/required-context.service.js';
import { ProvidedMetadata } from './context/provided-metadata.service.js';
import { MisspeltNames } from './misspelt-names.service.js';
import { PersonalNames } from './personal-names.service.js';

function factory(options: AuditModuleOptions = {}): EventFactory {
  const resolved = resolveAuditOptions(options);
  const catalogue = new Catalogue(options.events);
  return new EventFactory(
    resolved,
    catalogue,
    new PersonalNames(resolved, catalogue),
    new ProvidedMetadata(resolved),
    new RequiredContext(resolved, catalogue),
    new MisspeltNames(catalogue),
  );
}

const events = factory();

describe('an event', () => {
  it('masks the values of a setting of an unknown name, and shows those of a harmless one', () => {
    const changeOf = (configKey: string, key = configKey): unknown => {
      const changes = { before: { [key]: 'old text' }, after: { [key]: 'new text' } };
      return events.create('settings_change', { details: { configKey, newValue: 'new text' }, changes });
    };

    expect(changeOf('welcomeLocale')).toMatchObject({
      details: { newValue: 'new text' },
      changes: { before: { welcomeLocale: 'old text' }, diff: [{ from: 'old text', to: 'new text' }] },
    });
    expect(changeOf('farewellBanner')).toMatchObject({
      details: { newValue: '[REDACTED]' },
      changes: { before: { farewellBanner: '[REDACTED]' }, diff: [{ from: '[REDACTED]', to: '[REDACTED]' }] },
    });
  });

  it('redacts what is named for the application, and what the call names', () => {
    const names = factory({ sensitiveFields: ['badge'] });
    const details = { puzzle: 1, badge: 2, iris: 3 };
    const redacted = { ...details, badge: '[REDACTED]' };

    expect(names.create('user_updated', { details }, { privacy: { sensitiveFields: ['iris'] } }).details).toEqual({
      ...redacted,
      iris: '[REDACTED]',
    });
    expect(names.create('user_updated', { details }).details).toEqual(redacted);
  });

  it.each([null, 7, 'salary', [7], {}])(
    'is made when the names that a careless caller gives are %j',
    (sensitiveFields) => {
      const privacy = { sensitiveFields } as unknown as PrivacyOptions; // as JavaScript callers do
      expect(events.create('user_login', { details: { a: 1 } }, { privacy }).details).toEqual({
        a: 1,
      });
    },
  );

  it('is anonymised where the application or the call asks for it', () => {
    const pseudonymKey = 'k'.repeat(32);
    const nameIn = (options: AuditModuleOptions, type: string, privacy?: PrivacyOptions): unknown => {
      const event = factory(options).create(type, { actor: { name: 'Ada' } }, { privacy });
      return event.actor.name ?? event.details.username; // of a log-in that failed
    };
    const pseudonym = expect.stringMatching(/^psn_/);

    expect(nameIn({ pseudonymKey }, 'user_login')).toBe('Ada');
    expect(nameIn({ pseudonymKey }, 'user_login', { anonymize: true })).toEqual(pseudonym);
    expect(nameIn({ pseudonymKey, anonymize: true }, 'user_login')).toEqual(pseudonym);
    expect(nameIn({ pseudonymKey, anonymize: true }, 'user_login', { anonymize: false })).toBe('Ada');
    expect(nameIn({ pseudonymKey, anonymize: ['user_login'] }, 'login_failure')).toEqual(pseudonym);
    expect(nameIn({ pseudonymKey, anonymize: ['login_failure'] }, 'user_login_failed')).toEqual(pseudonym);
    expect(nameIn({ pseudonymKey, anonymize: ['login_failure'] }, 'user_login')).toBe('Ada');
    expect(nameIn({}, 'user_login', { anonymize: true })).toBe('[REDACTED]');
  });
});

describe('details that contradict the catalogue', () => {
  it('are marked however large the details are', () => {
    const details = {
      roleNam: 'x',
      ...Object.fromEntries(Array.from({ length: 9_000 }, (_, key) => [`f${key}`, 'é'])),
    };
    const event = events.create('role_assigned', { details });

    expect(event).toMatchObject({ truncated: true });
    expect(event.detailsIssues).toHaveLength(10);
    expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThanOrEqual(60 * 1024);
  });

  it('are not looked at when that is switched off', () => {
    const event = factory({ detailsValidation: 'off' }).create('role_assigned', { details: { roleNam: 'x' } });

    expect(event).not.toHaveProperty('detailsIssues');
  });

  it('are none for an action with the details of another of its types, or where a list names none', () => {
    const reason = { reason: 'no_permission', assignedBy: 'u-1' };
    expect(events.create('role_assignment', { details: reason })).not.toHaveProperty('detailsIssues');
    expect(events.create('order_created', { details: { anything: 1 } })).not.toHaveProperty('detailsIssues');
    expect(events.create('own.name', { details: { anything: 1 } })).not.toHaveProperty('detailsIssues');
    expect(events.create('role_assigned', {})).not.toHaveProperty('detailsIssues');
  });
});

const metadataOf = (events: EventFactory, metadata?: object): AuditEvent['metadata'] =>
  events.create('job_done', { metadata: metadata as Record<string, unknown> }).metadata;

afterEach(() => void jest.restoreAllMocks());

describe("the scope's metadata", () => {
  it('do not go into a job within, and what is set there stays there', () => {
    AuditContext.run({ metadata: { batch: 'b-1', step: 0 } }, () => {
      AuditContext.run({ ...AuditContext.current(), metadata: { step: 1 } }, () => {
        AuditContext.set({ metadata: { deep: true } });

        expect(metadataOf(events)).toEqual({ step: 1, deep: true });
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
