import { describe, expect, it } from '@jest/globals';
import { isCardLikeNumber, maskSecrets } from './sensitive-values.js';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';
const PEM = `-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\nq3v8\n-----END RSA PRIVATE KEY-----`;

describe('values that look like a secret are masked wherever they stand', () => {
  it.each([
    ['a JWT', JWT, '[REDACTED]'],
    ['a JWT within a text', `token ${JWT}, expired`, 'token [REDACTED], expired'],
    ['a JWT in a URL', `https://example.org/cb?t=${JWT}&x=1`, 'https://example.org/cb?t=[REDACTED]&x=1'],
    ['a JWT without a signature', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.', '[REDACTED]'],
    ['a bearer token', 'Authorization: Bearer abc.DEF-123_~+/==', 'Authorization: Bearer [REDACTED]'],
    ['a bearer token in capitals', 'BEARER abcdef123', 'BEARER [REDACTED]'],
    ['basic credentials', 'Basic dXNlcjpwYXNz', 'Basic [REDACTED]'],
    ['basic credentials after a tab', 'Basic\tdXNlcjpwYXNz', 'Basic [REDACTED]'],
    ['a PEM key', `key: ${PEM} end`, 'key: [REDACTED] end'],
    ['a PEM key that is cut off', PEM.slice(0, 50), '[REDACTED]'],
    ['a password in a URL', 'postgres://app:hunter2@db:5432/app', 'postgres://app:[REDACTED]@db:5432/app'],
    ['a password in a URL without a user', 'redis://:hunter2@cache', 'redis://:[REDACTED]@cache'],
    ['a password with an @ in a URL', 'postgres://app:hun@ter2@db/app', 'postgres://app:[REDACTED]@db/app'],
    ['a password after its name', 'login?password=hunter2&user=ada', 'login?password=[REDACTED]&user=ada'],
    ['a password in JSON', '{"password":"hunter2","user":"ada"}', '{"password":"[REDACTED]","user":"ada"}'],
    ['a token after its name', 'access_token=abc123; path=/', 'access_token=[REDACTED]; path=/'],
    ['an API key after its name', 'api_key=abc123 apikey=def456', 'api_key=[REDACTED] apikey=[REDACTED]'],
    ['a passphrase after its name', 'cb?passphrase=hunter2&otp=123456', 'cb?passphrase=[REDACTED]&otp=[REDACTED]'],
    [
      'a repeated password',
      'password2=hunter2&passwordConfirm=hunter2',
      'password2=[REDACTED]&passwordConfirm=[REDACTED]',
    ],
    [
      'a quoted password after its name',
      "host=db password='hunter two' user=ada",
      "host=db password='[REDACTED]' user=ada",
    ],
    ['a key of a cloud', 'AWS_SECRET_ACCESS_KEY=abc123', 'AWS_SECRET_ACCESS_KEY=[REDACTED]'],
    [
      'other secrets in JSON',
      '{"authorization":"Token abc","cvv":123}',
      '{"authorization":"[REDACTED]","cvv":[REDACTED]}',
    ],
  ])('%s', (_what, text, masked) => {
    expect(maskSecrets(text)).toBe(masked);
  });

  it.each([
    ['of several words', '{"password":"correct horse battery","user":"ada"}', 'horse'],
    ['with punctuation', '{"password":"a,b;hunter2)","user":"ada"}', 'hunter2'],
    ['with a quotation mark', String.raw`{"password":"a\"hunter2","user":"ada"}`, 'hunter2'],
    ['with one, in JSON within JSON', String.raw`{"body":"{\"password\":\"a\\\"hunter2\"}"}`, 'hunter2'],
    ['in a list', '{"password":["hunter2","hunter3"],"user":"ada"}', 'hunter'],
    ['in an object', '{"password":{"value":"hunter2"},"user":"ada"}', 'hunter2'],
    ['in JSON within JSON', String.raw`{"body":"{\"password\":\"hunter2\"}"}`, 'hunter2'],
  ])('a password %s leaves nothing of itself in a JSON text', (_what, text, part) => {
    expect(maskSecrets(text)).not.toContain(part);
  });

  it.each([
    ['Visa', '4111111111111111'],
    ['Visa of 13 digits', '4222222222222'],
    ['Mastercard', '5555555555554444'],
    ['Mastercard of the 2 series', '2223003122003222'],
    ['American Express', '378282246310005'],
    ['Diners Club', '30569309025904'],
    ['Discover', '6011111111111117'],
    ['JCB', '3530111333300000'],
    ['UnionPay', '6200000000000005'],
  ])('a card number of %s, alone and within a text', (_brand, digits) => {
    expect(maskSecrets(digits)).toBe('[REDACTED]');
    expect(maskSecrets(`paid with ${digits}.`)).toBe('paid with [REDACTED].');
    expect(isCardLikeNumber(Number(digits))).toBe(true);
  });

  it.each([
    ['spaces', '4111 1111 1111 1111'],
    ['hyphens', '4111-1111-1111-1111'],
    ['the groups of American Express', '3782 822463 10005'],
    ['quotation marks', '"4111111111111111"'],
    ['its name', 'card:4111111111111111'],
    ['an expiry date behind it', '4111 1111 1111 1111 12/27'],
    ['a security code behind it', '4111111111111111 123'],
    ['a number before it', '12 4111111111111111'],
    ['another card behind it', '4111111111111111 5555555555554444'],
    ['a hyphen behind it', '4111111111111111 - Ada'],
  ])('a card number with %s', (_how, text) => {
    const masked = maskSecrets(text);

    expect(masked).toContain('[REDACTED]');
    expect(masked.replace(/\D/g, '')).not.toMatch(/4111|5555|3782/);
  });
});

describe('values that only look like it stay', () => {
  it.each([
    ['an order number', 'order 2024000012345678'],
    ['a number whose check digit is wrong', '4111111111111112'],
    ['a number that passes the check, but has no issuer', '7992739871300000'],
    ['milliseconds', '1700000000000'],
    ['microseconds', '1700000000000000'],
    ['a time', '2024-01-15T10:30:45.123Z'],
    ['a time in digits', '20240115103045123'],
    ['a UUID', '018f3c1e-7b3a-7000-8000-00000000004f'],
    ['a UUID of digits', '41111111-1111-4111-8111-111111111111'],
    ['a UUID that begins with a card number', '41111111-1111-1111-1111-111111111111'],
    ['a hash', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['a version', '1.2.3-4111111111111111'],
    ['an address', '2001:0db8:85a3:0000:0000:8a2e:0370:7334'],
    ['a phone number', '+420 777 123 456'],
    ['a URL', 'https://example.org:8443/path?page=2'],
    ['a URL with an e-mail address', 'https://example.org/users/ada@example.org'],
    ['a word that ends in a short name', 'spin=3 japan=4 {"spin":3}'],
    ['prose', 'the token type is unknown; the password was changed'],
    ['an e-mail address', 'ada@example.org'],
  ])('%s', (_what, text) => {
    expect(maskSecrets(text)).toBe(text);
  });

  it.each([0, 7, -4_111_111_111_111_111, 4_111_111_111_111_112, 1_700_000_000_000, 4.5e15 + 0.5, 4e18])(
    'the number %d',
    (number) => {
      expect(isCardLikeNumber(number)).toBe(false);
    },
  );
});

it.each([
  ['schemes that never come to their slashes', 'a.'.repeat(8_000) + '://'],
  ['digits', '4 '.repeat(8_000)],
  ['beginnings of JWTs', 'eyJ-'.repeat(4_000)],
  ['beginnings of PEM keys', '-----BEGIN '.repeat(1_400)],
  ['beginnings of URLs', 'a://:'.repeat(3_000)],
  ['names of secrets', 'password="'.repeat(1_600)],
])('a text of 16 KB of %s is searched before the test gives up', (_what, text) => {
  expect(typeof maskSecrets(text)).toBe('string');
});
