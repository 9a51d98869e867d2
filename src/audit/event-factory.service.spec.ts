import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { AuditOutcome } from '../base/event/outcomes.js';
import { toCamelCase } from '../base/event/request-fields.js';
import type { AuditModuleOptions } from './audit-options.js';
import { resolveAuditOptions } from './resolve-audit-options.js';
import { Catalogue } from './catalogue/catalogue.js';
import { AuditContext } from './context/audit-context.js';
import { EventFactory } from './event-factory.service.js';
import type { PrivacyOptions } from './event-redaction.js';
import { MAX_EVENT_BYTES, type AuditEvent } from './event/audit-event.js';
import { RequiredContext } from './context/required-context.service.js';
import { ProvidedMetadata } from './context/provided-metadata.service.js';
import { MisspelledNames } from './misspelled-names.service.js';
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
    new MisspelledNames(catalogue),
  );
}

const events = factory();

describe('an event', () => {
  it('masks the values of a setting of an unknown name, and shows those of a harmless one', () => {
    const readChange = (configKey: string, key = configKey): unknown => {
      const changes = { before: { [key]: 'old text' }, after: { [key]: 'new text' } };
      return events.create('settings_change', { details: { configKey, newValue: 'new text' }, changes });
    };

    expect(readChange('welcomeLocale')).toMatchObject({
      details: { newValue: 'new text' },
      changes: { before: { welcomeLocale: 'old text' }, diff: [{ from: 'old text', to: 'new text' }] },
    });
    expect(readChange('farewellBanner')).toMatchObject({
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

const buildMetadata = (events: EventFactory, metadata?: object): AuditEvent['metadata'] =>
  events.create('job_done', { metadata: metadata as Record<string, unknown> }).metadata;

afterEach(() => void jest.restoreAllMocks());

describe("the scope's metadata", () => {
  it('do not go into a job within, and what is set there stays there', () => {
    AuditContext.run({ metadata: { batch: 'b-1', step: 0 } }, () => {
      AuditContext.run({ ...AuditContext.current(), metadata: { step: 1 } }, () => {
        AuditContext.set({ metadata: { deep: true } });

        expect(buildMetadata(events)).toEqual({ step: 1, deep: true });
      });
      expect(buildMetadata(events)).toEqual({ batch: 'b-1', step: 0 });
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
      expect(buildMetadata(events, { own: 1 })).toEqual({ own: 1, metadataIssue, batch: 'b-1' });
    });
    expect(buildMetadata(events)).toEqual({ metadataIssue });
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

    expect(buildMetadata(events)).toEqual({ region: 'eu' });
    expect(made.map(({ type, metadata }) => [type, metadata])).toEqual([['metadata_asked', {}]]);
  });
});

interface ListedEventType {
  readonly name: string;
  readonly lists: readonly string[];
  readonly aliasOf?: string;
  readonly action: string;
  readonly outcome: AuditOutcome;
  readonly category: string;
  readonly details: Readonly<Record<string, readonly string[]>>;
}

const { eventTypes } = JSON.parse(await readFile('src/audit/catalogue/event-types.json', 'utf8')) as {
  readonly eventTypes: readonly ListedEventType[]; // the lists, as given
};
const { kinds } = JSON.parse(await readFile('src/audit/catalogue/event-overlay.json', 'utf8')) as {
  readonly kinds: Readonly<Record<string, readonly string[]>>; // the shape that the generator reads
};
/** The severities that do not follow from the outcome. */
const SEVERITIES: Readonly<Record<string, string>> = {
  admin_config_changed: 'warning',
  admin_user_deleted: 'warning',
  admin_user_suspended: 'warning',
  all_sessions_revoked: 'warning',
  backup_restored: 'warning',
  data_deleted: 'warning',
  gdpr_data_deleted: 'warning',
  global_token_rotation_failed: 'error',
  global_token_rotation_succeeded: 'warning',
  maintenance_mode_enabled: 'warning',
  permission_changed: 'warning',
  suspicious_session_activity: 'critical',
  user_mfa_disabled: 'warning',
};

function getSeverity({ name, aliasOf, outcome }: ListedEventType): string {
  return SEVERITIES[aliasOf ?? name] ?? (outcome === 'success' || outcome === 'attempted' ? 'info' : 'warning');
}

/** There are as many details as the longest list of examples has values, so that each example appears once. */
function buildDetails({ details }: ListedEventType): Readonly<Record<string, unknown>>[] {
  const fields = Object.entries(details);
  const count = Math.max(1, ...fields.map(([, examples]) => examples.length));
  return Array.from({ length: count }, (_, index) =>
    Object.fromEntries(fields.map(([field, examples]) => [toCamelCase(field), getExample(field, examples, index)])),
  );
}

function getExample(field: string, examples: readonly string[], index: number): unknown {
  if (kinds.list?.includes(field)) return [...examples, 'another'];
  if (kinds.number?.includes(field)) return 1.5 + index;
  if (kinds.boolean?.includes(field)) return index % 2 === 0;
  if (kinds.any?.includes(field)) return { nested: [index, null] };
  return examples[index % examples.length] ?? `a value of ${field}`;
}

/** Redaction masks tokens, and the values of a setting whose name is not known to be harmless. */
function masked(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const secrets = 'configKey' in details ? ['token', 'oldValue', 'newValue', 'requestedValue'] : ['token'];
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [name, secrets.includes(name) ? '[REDACTED]' : value]),
  );
}

it.each(eventTypes)('$name of the lists is as they say, and takes their details', (listed) => {
  const { name, aliasOf, action, outcome, category } = listed;
  for (const details of buildDetails(listed)) {
    const event = events.create(name, { details });
    expect(event).toMatchObject({ type: aliasOf ?? name, action, outcome, category, severity: getSeverity(listed) });
    expect(event.details).toEqual(masked(details));
    expect(event).not.toHaveProperty('detailsIssues');
  }
});
