import { describe, expect, it } from '@jest/globals';
import { OUTCOMES, type AuditOutcome } from '../../base/event/outcomes.js';
import { LISTED_ACTIONS } from './listed-event-types.js';
import { Catalogue, CUSTOM_CATEGORY } from './catalogue.js';
import type { AuditEventDefinition } from './define-audit-events.js';

const catalogue = new Catalogue();

it.each<[string, AuditOutcome | undefined, string, AuditOutcome]>([
  ['user_login', undefined, 'user_login_success', 'success'],
  ['user_login', 'success', 'user_login_success', 'success'],
  ['user_login', 'failure', 'user_login_failed', 'failure'],
  ['user_login', 'partial', 'user_login_partial', 'partial'],
  ['token_validation', 'denied', 'token_rejected_version_mismatch', 'denied'],
  ['token_validation', 'success', 'token_validation_succeeded', 'success'],
  ['mfa_challenge', 'failure', 'mfa_challenge_failure', 'failure'],
])('an action with an outcome has the type %s, %s: %s', (action, outcome, type, resolvedOutcome) => {
  expect(catalogue.resolve(action, outcome)).toMatchObject({ type, action, outcome: resolvedOutcome });
});

it('each action has a type for each outcome, listed or derived, and that type leads back to it', () => {
  for (const action of LISTED_ACTIONS.keys()) {
    for (const outcome of OUTCOMES) {
      const resolved = catalogue.resolve(action, outcome);
      expect(resolved).toMatchObject({ action, outcome });
      expect(resolved.category).not.toBe(CUSTOM_CATEGORY);
      const again = catalogue.resolve(resolved.type, outcome);
      expect({ ...again, details: undefined }).toEqual({ ...resolved, details: undefined });
    }
  }
});

it.each<[string, AuditOutcome | undefined, string, string]>([
  ['user_login_failed', undefined, 'user_login_failed', 'failure'],
  ['user_login_failed', 'failure', 'user_login_failed', 'failure'],
  ['user_login_failed', 'denied', 'user_login_denied', 'denied'],
  ['order_created', 'failure', 'order_creation_failed', 'failure'],
  ['login_failure', undefined, 'user_login_failed', 'failure'],
  ['login', undefined, 'user_login_success', 'success'],
  ['login', 'failure', 'user_login_failed', 'failure'],
  ['login_denied', undefined, 'user_login_denied', 'denied'],
  ['logout', 'failure', 'user_logout_failed', 'failure'],
  ['mfa_enabled', 'partial', 'user_mfa_enable_partial', 'partial'],
])(
  'an event type keeps its outcome unless another is named: %s with %s is %s',
  (name, outcome, type, resolvedOutcome) => {
    expect(catalogue.resolve(name, outcome)).toMatchObject({ type, outcome: resolvedOutcome });
  },
);

describe('a custom name', () => {
  it.each<[string, AuditOutcome | undefined, string, string, AuditOutcome]>([
    ['invoice_export', undefined, 'invoice_export', 'invoice_export', 'success'],
    ['invoice_export', 'failure', 'invoice_export_failed', 'invoice_export', 'failure'],
    ['invoice_export', 'denied', 'invoice_export_denied', 'invoice_export', 'denied'],
    ['invoice_export_failed', undefined, 'invoice_export_failed', 'invoice_export', 'failure'],
    ['invoice_export_failed', 'denied', 'invoice_export_denied', 'invoice_export', 'denied'],
    ['shop:import.v2', 'partial', 'shop:import.v2_partial', 'shop:import.v2', 'partial'],
  ])('%s with %s is %s', (name, outcome, type, action, resolvedOutcome) => {
    expect(catalogue.resolve(name, outcome)).toMatchObject({
      type,
      action,
      outcome: resolvedOutcome,
      category: 'custom',
    });
  });

  it('whose name says failed does not become a success, even when the caller says success', () => {
    const resolved = catalogue.resolve('invoice_export_failed', 'success');

    expect(resolved).toMatchObject({ action: 'invoice_export', outcome: 'success' });
    expect(resolved.type).not.toContain('failed');
  });

  it('of a known action is of that action', () => {
    expect(catalogue.resolve('order_creation_denied')).toMatchObject({
      type: 'order_creation_denied',
      action: 'order_creation',
      outcome: 'denied',
      category: 'order',
    });
    expect(catalogue.resolve('user_login_failure')).toMatchObject({ type: 'user_login_failed' });
  });

  it('is not taken for what every object inherits', () => {
    expect(catalogue.resolve('constructor')).toMatchObject({ type: 'constructor', category: 'custom' });
    for (const name of ['constructor', 'toString', '__proto__']) expect(catalogue.canonicalName(name)).toBe(name);
  });
});

it.each(['User', "x'; DROP TABLE", undefined, null, 7, {}, ['user_login'], Symbol('s')])(
  'what is not a name %p is refused',
  (name) => {
    expect(() => catalogue.resolve(name as string)).toThrow(
      expect.objectContaining({ code: 'AUDIT_EVENT_NAME_INVALID' }),
    ); // as JavaScript callers do
  },
);

it.each(['succeeded', '', 'constructor', '__proto__', null, 7, {}])(
  'an invalid outcome %p does not lose the event',
  (outcome) => {
    for (const name of ['user_login', 'user_login_failed', 'invoice_export', 'invoice_export_failed']) {
      const resolved = catalogue.resolve(name, outcome);
      expect(outcome === 'succeeded' || outcome === null ? OUTCOMES : ['failure']).toContain(resolved.outcome);
      expect(resolved.type).not.toContain('undefined');
    }
  },
);

describe('the definitions of a team', () => {
  const exported: AuditEventDefinition = {
    name: 'invoice_exported',
    action: 'invoice_export',
    outcome: 'success',
    category: 'billing',
    severity: 'critical',
    aliases: ['invoice_sent'],
  };

  it('are found by type, by alias and by action, with their category and severity', () => {
    const own = new Catalogue([exported]);
    const resolved = {
      type: 'invoice_exported',
      action: 'invoice_export',
      outcome: 'success',
      category: 'billing',
      severity: 'critical',
    };

    for (const name of ['invoice_exported', 'invoice_sent', 'invoice_export'])
      expect(own.resolve(name)).toMatchObject(resolved);
    expect(own.canonicalName('invoice_sent')).toBe('invoice_exported');
    expect(own.resolve('invoice_export', 'failure')).toMatchObject({
      type: 'invoice_export_failed',
      action: 'invoice_export',
      outcome: 'failure',
      category: 'billing',
    });
  });

  it('say which tags they have, and which details are personal besides those that always are', () => {
    const own = new Catalogue([{ ...exported, compliance: ['sox'], personal: ['recipient'] }]);
    const { compliance, personal } = own.resolve('invoice_sent');

    expect(compliance).toEqual(['sox']);
    expect([...personal]).toEqual(expect.arrayContaining(['recipient', 'email', 'username', 'phone']));
    expect(own.resolve('invoice_export', 'failure').compliance).toEqual(['sox']);
    expect([...own.resolve('user_login_failed').personal]).not.toContain('recipient');
  });

  it('give their tags to what else becomes of their action, beside those of other definitions', () => {
    const failed = { ...exported, name: 'invoice_export_broken', outcome: 'failure', aliases: [] } as const;
    const own = new Catalogue([
      { ...exported, compliance: ['sox'] },
      { ...failed, compliance: ['gdpr'] },
    ]);

    expect(own.resolve('invoice_export', 'denied').compliance).toEqual(['sox', 'gdpr']);
  });

  it('may add a tag to a given type, and to its action', () => {
    const input = new Catalogue().resolve('user_login_failed');
    const { type: name, action, outcome, category } = input;
    const own = new Catalogue([{ name, action, outcome, category, compliance: ['sox'], personal: ['desk'] }]);
    const { compliance, personal, details } = own.resolve('login_failure');

    expect([compliance, [...personal].includes('desk'), details]).toEqual([
      [...input.compliance, 'sox'],
      true,
      input.details,
    ]);
    expect(own.complianceTags().get('user_login')).toContain('sox');
    expect(own.resolve('user_login', 'failure').severity).toBe(input.severity);
    expect(() => new Catalogue([{ name, action, outcome: 'denied', category }])).toThrow(/outcome and category/);
  });

  it('may add an outcome to a known action', () => {
    const own = new Catalogue([
      { name: 'order_bounced', action: 'order_creation', outcome: 'denied', category: 'order' },
    ]);

    expect(own.resolve('order_creation', 'denied').type).toBe('order_bounced');
    expect(own.resolve('order_creation').type).toBe('order_created');
  });

  it.each<[string, object]>([
    ['an invalid name', { ...exported, name: 'Invoice' }],
    ['an invalid action', { ...exported, action: 'invoice export' }],
    ['an invalid outcome', { ...exported, outcome: 'succeeded' }],
    ['details that are not a schema', { ...exported, details: { invoiceId: 'text' } }],
    ['the name of a catalogue type', { ...exported, name: 'order_created' }],
    ['the name of a catalogue alias', { ...exported, name: 'login_failure' }],
    ['the name of a catalogue action, which would never be found', { ...exported, name: 'order_creation' }],
    ['an alias that is a catalogue type', { ...exported, aliases: ['order_created'] }],
    ['an alias that is a catalogue action', { ...exported, aliases: ['order_creation'] }],
    ['an alias that is its own name', { ...exported, aliases: ['invoice_exported'] }],
    ['the action and outcome of a catalogue type', { ...exported, action: 'order_creation' }],
    ['a known action under another category', { ...exported, action: 'order_creation', outcome: 'partial' }],
  ])('are refused: %s', (_why, definition) => {
    expect(() => new Catalogue([definition as AuditEventDefinition])).toThrow(
      expect.objectContaining({ code: 'AUDIT_EVENT_DEFINITION_INVALID' }),
    ); // as JavaScript callers do
  });

  it.each<[string, AuditEventDefinition]>([
    ['name', { ...exported, action: 'other', aliases: [] }],
    ['alias', { ...exported, name: 'other', action: 'another' }],
    ['action and outcome', { ...exported, name: 'other', aliases: [] }],
  ])('are refused when two have one %s', (_what, second) => {
    expect(() => new Catalogue([exported, second])).toThrow(
      expect.objectContaining({ code: 'AUDIT_EVENT_DEFINITION_INVALID' }),
    );
  });
});
