import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { actorName, resourceName, sentenceOf, type ToldEvent } from './sentence.js';
import { ENGLISH } from './templates-en.js';
import { GERMAN } from './templates-de.js';

interface Catalogue {
  readonly eventTypes: readonly { readonly name: string; readonly action: string; readonly outcome: string }[];
}
const CATALOGUE = JSON.parse(readFileSync('src/audit/catalogue/event-types.json', 'utf8')) as Catalogue;
const ada = { type: 'user', id: 'u-1', name: 'Ada' };

const WORDS = { en: ENGLISH, de: GERMAN } as const;

const told = (event: Partial<ToldEvent>, language: 'en' | 'de' = 'en') =>
  sentenceOf(
    { type: 'order_canceled', action: 'order_cancellation', outcome: 'success', actor: ada, ...event },
    WORDS[language],
  ).text;

describe('sentenceOf', () => {
  const resource = { type: 'order', id: '17' };

  it('says who did what to what', () => {
    expect(told({ resource })).toBe('Ada cancelled order 17');
    expect(told({ resource }, 'de')).toBe('Ada stornierte Bestellung 17');
  });

  it('never says that something was done that was refused', () => {
    expect(told({ resource, outcome: 'denied', reason: 'not_owner' })).toBe(
      'Ada tried to cancel order 17 · denied: not owner',
    );
    expect(told({ resource, outcome: 'denied', reason: 'not the owner' }, 'de')).toBe(
      'Ada versuchte, Bestellung 17 zu stornieren · abgelehnt: not the owner',
    );
  });

  it('says that something is only attempted, and that it is partly done', () => {
    expect(told({ resource, outcome: 'attempted' })).toBe('Ada tried to cancel order 17');
    expect(told({ resource, outcome: 'partial' })).toBe('Ada cancelled order 17 · partly');
  });

  it('names the pieces, so that a page can link them', () => {
    const event = { type: 'x', action: 'order_cancellation', outcome: 'denied', actor: ada, resource, reason: 'no' };
    const { parts } = sentenceOf(event, ENGLISH);
    expect(parts).toEqual([
      { kind: 'actor', text: 'Ada' },
      { kind: 'verb', text: ' tried to cancel ' },
      { kind: 'resource', text: 'order 17' },
      { kind: 'mark', text: ' · ' },
      { kind: 'outcome', text: 'denied' },
      { kind: 'mark', text: ': ' },
      { kind: 'reason', text: 'no' },
    ]);
  });

  it('takes the reason of a failure from its details or its error where the event has none', () => {
    const failed = { resource, outcome: 'failure' };
    expect(told({ ...failed, details: { reason: 'already_shipped' } })).toContain('· failed: already shipped');
    expect(told({ ...failed, error: { name: 'Error', code: 'ETIMEDOUT' } })).toContain('· failed: ETIMEDOUT');
    expect(told({ ...failed, error: { name: 'Error', message: 'Out of stock.' } })).toContain(
      '· failed: Out of stock.',
    );
  });

  it('says what a role was given, and to whom', () => {
    const event = {
      action: 'role_assignment',
      details: { roleName: 'auditor' },
      resource: { type: 'user', id: 'u-2' },
    };
    expect(told(event)).toBe('Ada gave the role auditor to user u-2');
    expect(told(event, 'de')).toBe('Ada vergab die Rolle auditor an Benutzer u-2');
  });

  it('names what was set, by the resource or by a detail', () => {
    const action = 'feature_enablement';
    expect(told({ action, resource: { type: 'feature', id: 'search' } })).toBe('Ada turned on the feature search');
    expect(told({ action, details: { feature: 'search' } })).toBe('Ada turned on the feature search');
    expect(told({ action })).toBe('Ada turned on the feature of the application');
  });

  it('says whose account somebody tried', () => {
    const tried = {
      action: 'user_login',
      actor: { type: 'anonymous' },
      outcome: 'failure',
      details: { email: 'a@b.c' },
    };
    const account = { type: 'user', id: 'u-1' };
    expect(told({ ...tried, resource: account })).toMatch(/ tried to log in as a@b.c to user u-1 · failed$/);
    expect(told(tried, 'de')).toContain(' versuchte, sich als a@b.c anzumelden');
  });

  it('says what people do to themselves', () => {
    const resource = { type: 'user', id: 'u-1' };
    expect(told({ action: 'user_login', resource })).toBe('Ada logged in');
    expect(told({ action: 'user_password_change', resource })).toBe('Ada changed the password');
    expect(told({ action: 'user_update', resource })).toBe('Ada changed their own account');
  });

  it('names the fields of a row change', () => {
    const diff = ['/status', '/total', '/note/text', '/note/by', '/tags/0'].map((path) => ({ path, from: 1, to: 2 }));
    const event = { type: 'row_updated', action: 'row_update', resource };
    expect(told({ ...event, changes: { diff: diff.slice(0, 1) } })).toBe('Ada changed status of order 17');
    expect(told({ ...event, changes: { diff } })).toBe('Ada changed status, total and 2 more of order 17');
    expect(told({ ...event, changes: {} })).toBe('Ada changed order 17');
    expect(told({ ...event, changes: { diff: diff.slice(0, 2) } }, 'de')).toBe(
      'Ada änderte status und total von Bestellung 17',
    );
  });

  it('makes words of actions that no catalogue has', () => {
    const event = {
      type: 'store_creation_denied',
      action: 'store_creation',
      outcome: 'denied',
      reason: 'missing_role',
    };
    expect(told(event)).toBe('Ada tried to create a store · denied: missing role');
    expect(told({ action: 'invoice_export' })).toBe('Ada exported an invoice');
    expect(told({ action: 'invoice_export', resource: { type: 'invoice', id: '9' } })).toBe('Ada exported invoice 9');
    expect(told(event, 'de')).toBe('Ada versuchte, „Laden“ anzulegen · abgelehnt: missing role');
  });

  it('shows the words of types that nobody knows', () => {
    const event = { type: 'invoice_dunned', action: 'invoice_dunning', resource: { type: 'invoiceBatch', id: '9' } };
    expect(told(event)).toBe('Ada: invoice dunned, invoice batch 9');
    expect(told({ type: 'constructor', action: '__proto__' })).toBe('Ada: constructor');
  });

  it('has words for each action of the catalogue, in each language and for each outcome', () => {
    for (const { name, action } of CATALOGUE.eventTypes) {
      for (const words of [ENGLISH, GERMAN])
        expect([action, Object.hasOwn(words.actions, action)]).toEqual([action, true]);
      for (const outcome of ['attempted', 'success', 'failure', 'denied', 'partial']) {
        for (const language of ['en', 'de'] as const) {
          for (const given of [
            {},
            { resource },
            { details: { roleName: 'x', providerName: 'Bank', configKey: 'k' } },
          ]) {
            const { text, parts } = sentenceOf({ type: name, action, outcome, actor: ada, ...given }, WORDS[language]);
            expect(text).toMatch(/^Ada \S.*\S$/);
            expect(text).not.toMatch(/[{}|]| {2}|undefined|\//);
            expect(parts.every((part) => part.text !== '')).toBe(true);
          }
        }
      }
    }
  });

  it('has the same actions in both languages, each with its forms', () => {
    expect(Object.keys(GERMAN.actions).sort()).toEqual(Object.keys(ENGLISH.actions).sort());
    for (const { actions } of [ENGLISH, GERMAN]) {
      for (const template of Object.values(actions)) expect(template).toMatch(/^[^/]+\/[^/]+(\/[^/]+)?$/);
    }
  });

  it('stays short, whatever is in the event', () => {
    const huge = '\u202E<img onerror=x>'.repeat(5000);
    const event = {
      type: huge,
      action: huge,
      outcome: huge,
      actor: { type: huge, id: huge, name: huge },
      resource: { type: huge, id: huge },
      reason: huge,
      details: [huge],
      changes: { diff: [null, 7, { path: huge }] },
    };
    const { text } = sentenceOf(event, ENGLISH);
    expect(text.length).toBeLessThan(1000);
  });
});

describe('actorName', () => {
  it('prefers the name, then the id, then what kind of actor it is', () => {
    expect(actorName(ada, ENGLISH)).toBe('Ada');
    expect(actorName({ type: 'admin', id: '7' }, ENGLISH)).toBe('Administrator 7');
    expect(actorName({ type: 'user', id: 'ada@example.com' }, ENGLISH)).toBe('ada@example.com');
    expect(actorName({ type: 'user', id: '0195b7a4-6d1e-7c3a-9f00-0123456789ab' }, ENGLISH)).toBe('User 0195…6789ab');
    expect(actorName({ type: 'anonymous' }, ENGLISH)).toBe('Somebody unknown');
    expect(actorName({ type: 'system' }, GERMAN)).toBe('Das System');
    expect(actorName({ type: 'kiosk' }, ENGLISH)).toBe('kiosk');
    expect(actorName(undefined, ENGLISH)).toBe('Somebody unknown');
  });

  it('says for whom somebody acted', () => {
    const actor = { ...ada, onBehalfOf: { type: 'user', id: 'u-9' } };
    expect(told({ actor })).toBe('Ada (for u-9) cancelled an order');
  });
});

describe('resourceName', () => {
  it('has the type in words, and an id that people can read', () => {
    expect(resourceName({ type: 'order_line', id: '1,2' }, ENGLISH)).toBe('order line 1, 2');
    expect(resourceName({ type: 'order' }, GERMAN)).toBe('Bestellung');
    expect(resourceName({ type: 'file', id: 'x'.repeat(300) }, ENGLISH)).toBe(
      `file ${'x'.repeat(20)}…${'x'.repeat(12)}`,
    );
  });
});
