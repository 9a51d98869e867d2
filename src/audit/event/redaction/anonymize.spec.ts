import { isIPv6 } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createPersonalNameTest, createPseudonymizer } from './anonymize.js';
import type { AuditEvent } from '../audit-event.js';
import type { AuditInput } from '../audit-input.js';
import { buildEvent } from '../build-event.js';
import { createSecretNameTest } from '../../../base/secrets/redact-names.js';
import { runs } from '../../../../test/support/whole.js';

const KEY = 'a key of at least 32 characters.';
const pseudonym = createPseudonymizer(KEY);
const isPersonalName = createPersonalNameTest();

function anonymous(input: AuditInput, request?: object, key: string | undefined = KEY): AuditEvent {
  return buildEvent({
    id: '018f3c1e-7b3a-7000-8000-000000000001',
    occurredAt: new Date(0),
    resolved: { type: 'user_updated', action: 'user_update', outcome: 'success', category: 'user' },
    input,
    request,
    isSecretName: createSecretNameTest(),
    anonymizer: { isPersonalName, pseudonym: createPseudonymizer(key) },
  });
}

describe('a pseudonym', () => {
  it('is the same for the same person, in any spelling', () => {
    expect(pseudonym('Jan\u00a0STRAUSS')).toBe(pseudonym('jan Strauß'));
    expect(pseudonym(' Ada@Example.com')).toBe(pseudonym('ada@example.com'));
    expect(pseudonym('ada')).not.toBe(pseudonym('bob'));
  });

  it('is the HMAC-SHA-256 of the text, and shows that it is one', () => {
    // printf %s ada | openssl dgst -sha256 -hmac 'a key of at least 32 characters.' -binary | base64url
    expect(pseudonym('ada')).toBe('psn_VA89m1CGnAsbCmzA_hHZIz5o0YsRs3gkIzcQlEw-W2A');
  });

  it.each(['203.0.113.7', '2a00:1450::1'])('of the address %s is an address of the documentation range', (ip) => {
    expect(isIPv6(pseudonym(ip))).toBe(true);
    expect(pseudonym(ip)).toMatch(/^2001:db8:/);
    expect(pseudonym(ip)).toBe(pseudonym(ip));
  });
});

describe('names of personal details', () => {
  it.each([
    ...['email', 'E-Mail', 'customer_email', 'emails', 'email2', 'username', 'user_name', 'name', 'firstName', 'lastNames'],
    ...['phone', 'phoneNumber', 'ip', 'ip_address', 'ipAddresses', 'userAgent', 'dateOfBirth', 'address', 'billingAddress'],
  ])('%s is one', (name) => {
    expect(isPersonalName(name)).toBe(true);
  }); // prettier-ignore

  it.each(['fileName', 'roleName', 'product_name', 'id', 'shipped', 'description', 'zip', 'ipCount', '', '__proto__'])(
    '%s is none',
    (name) => {
      expect(isPersonalName(name)).toBe(false);
    },
  );

  it('are more where the application names more', () => {
    const isPersonal = createPersonalNameTest(['badge_number', '-']);
    expect(['badgeNumber', 'BADGE-NUMBERS', 'email', 'badge', ''].map(isPersonal)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('an anonymised event', () => {
  it('has pseudonyms for the name, the address, the user agent and personal details, and keeps the rest', () => {
    const event = anonymous(
      {
        actor: { id: 'u-1', name: 'Ada', sessionId: 's-1' },
        details: { email: 'ada@example.com', reason: 'renamed', roleName: 'chief', nested: [{ phone: 4369912345 }] },
        metadata: { username: 'Ada' },
      },
      { id: 'req-1', ip: '::ffff:203.0.113.7', userAgent: 'curl/8' },
    );

    expect(event).toMatchObject({
      actor: { type: 'user', id: 'u-1', name: pseudonym('Ada'), sessionId: 's-1' },
      details: {
        email: pseudonym('ada@example.com'),
        reason: 'renamed',
        roleName: 'chief',
        nested: [{ phone: pseudonym('4369912345') }],
      },
      metadata: { username: pseudonym('Ada') },
      request: { id: 'req-1', ip: pseudonym('203.0.113.7'), userAgent: pseudonym('curl/8') },
    });
  });

  it('has one pseudonym for each item of a list, one for an object, and none for what says nothing', () => {
    const name = { first: 'Ada', last: 'Lovelace' };
    const { details } = anonymous({ details: { emails: ['a@b.c', 'd@e.f'], name, phone: null, email: true } });

    expect(details).toEqual({
      emails: [pseudonym('a@b.c'), pseudonym('d@e.f')],
      name: pseudonym(JSON.stringify(name)),
      phone: null,
      email: true,
    });
  });

  it('has pseudonyms in a diff that the caller made', () => {
    const { changes } = anonymous({ changes: { diff: [{ op: 'replace', path: '/user/email', value: 'a@b.c' }] } });

    expect(changes?.diff).toEqual([{ op: 'replace', path: '/user/email', value: pseudonym('a@b.c') }]);
  });

  it('is masked where there is no key, and has no address', () => {
    const event = anonymous(
      { actor: { name: 'Ada' }, details: { email: 'a@b.c' } },
      { ip: '203.0.113.7', id: 'r' },
      '',
    );

    expect(event).toMatchObject({ actor: { name: '[REDACTED]' }, details: { email: '[REDACTED]' } });
    expect(event.request).toEqual({ id: 'r' });
  });

  it('shows nothing of a personal detail, whatever it is, and does not throw', () => {
    const NONCE = 'Zq9LovelaceXw7';
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
    });
    const personal = fc.constantFrom('email', 'user_name', 'Phone-Number', 'name', 'ipAddress');
    const value = fc.oneof(
      anything.map((each) => [NONCE, each]),
      anything.map((each) => new Map<unknown, unknown>([[NONCE, each]])),
      anything.map((each) => ({ [NONCE]: each, toJSON: () => ({ each, deep: [[NONCE]] }) })),
      fc.constantFrom(NONCE, ` ${NONCE}\0\ud800`, `Bearer ${NONCE}`, NONCE.repeat(10_000), new Error(NONCE)),
    );
    fc.assert(
      fc.property(personal, value, anything, (name, planted, sibling) => {
        const state = { sibling, deep: [{ [name]: planted }] };
        const event = anonymous({ details: state, changes: { before: state, after: { [name]: planted } } });
        expect(JSON.stringify(event)).not.toContain(NONCE);
      }),
      { numRuns: runs(400) },
    );
  });
});
