import { describe, expect, it } from '@jest/globals';
import { buildCatalogueFactRules } from './listed-event-types.js';

const rules = buildCatalogueFactRules({ factFields: ['status', '/resource/id'], factWords: ['order_not_found'] });

function isFact(name: string, text: string): boolean {
  return rules.isFact(text, rules.getRule(name));
}

describe('a text of an event', () => {
  it.each([
    ['note', '018f3c1e-7b3a-7000-8000-000000000001'],
    ['note', '01ARZ3NDEKTSV4RRFFQ69G5FAV'],
    ['note', '2026-11-20'],
    ['note', '2026-11-20T08:00:00.123Z'],
    ['note', '2026-11-20 08:00:00+01'],
    ['total', '1234.50'],
    ['digest', 'ab'.repeat(32)],
    ['note', ''],
    ['note', '[REDACTED]'],
    ['reason', 'invalid_password'],
    ['anything', 'invalid_password'],
    ['why', 'order_not_found'],
    ['status', 'whatever the team says'],
    ['configKey', 'mail.sender'],
    ['orderId', '42'],
    ['order_id', 'order-42'],
    ['id', 'usr_01ARZ3NDEKTSV4RRFFQ69G5FAV'],
    ['createdBy', '42'],
  ])('is a fact under the name %s: %j', (name, text) => {
    expect(isFact(name, text)).toBe(true);
  });

  it.each([
    ['note', 'Ada Lovelace asked for it'],
    ['note', 'ada@example.com'],
    ['reason', 'Ada called'],
    ['orderId', 'ada@example.com'],
    ['createdBy', 'ada.lovelace'],
    ['id', 'Ada'],
    ['note', '436641234567'],
    ['note', 'order-42'],
    ['paid', '42'],
    ['email', '018f3c1e-7b3a-7000-8000-000000000001'],
    ['name', 'admin'],
    ['note', '203.0.113.7'],
    ['note', '2001:db8::1'],
    ['note', '+43 664 1234567'],
    ['note', '2026-11-20 Ada'],
    ['note', ' 2026-11-20'],
    ['ada@example.com', 'success'],
    ['Ada Lovelace', '2026-11-20'],
  ])('is personal under the name %s: %j', (name, text) => {
    expect(isFact(name, text)).toBe(false);
  });

  it('may be declared to be one in a field of the event itself', () => {
    expect([rules.isDeclared('/resource/id'), rules.isDeclared('/actor/id')]).toEqual([true, false]);
  });
});
