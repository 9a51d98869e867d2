import { describe, expect, it } from '@jest/globals';
import { ByteBudget } from './byte-budget.js';
import { decodeOnce } from './decode-text.js';
import { isHarmless } from './harmless-text.js';
import { JsonNormalizer } from './normalize-json.js';
import { cleanText } from './normalize-text.js';
import { secretNameTest } from './sensitive-names.js';

/** What no event may show; it looks like a name of nothing and a token of nobody. */
const SECRET = 'hunter2Zq9';
const HASH = `${SECRET}abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMN`;
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Texts, each with SECRET in it. */
const TEXTS: readonly (readonly [what: string, text: string])[] = [
  ['a form with brackets', `user[password]=${SECRET}&a=b`],
  ['a form with encoded brackets', `user%5Bpassword%5D=${SECRET}`],
  ['a form encoded twice', `password%253D${SECRET}`],
  ['JSON in a query', encodeURIComponent(`{"password":"${SECRET}"}`)],
  ['JSON with an escaped name', `{"p\\u0061ssword":"${SECRET}"}`],
  ['JSON in HTML', `&quot;password&quot;:&quot;${SECRET}&quot;`],
  ['a block of YAML', `password: |\n  ${SECRET}\nuser: x`],
  ['a folded block of YAML', `password: >-\n  ${SECRET}\nuser: x`],
  ['a value of YAML on the next line', `password:\n  ${SECRET}`],
  ['a list of YAML', `secrets:\n  - first\n  - ${SECRET}`],
  ['a colon behind a blank', `password : ${SECRET}`],
  ['a full-width colon', `password：${SECRET}`],
  ['German', `Passwort: ${SECRET}`],
  ['French', `mot de passe : ${SECRET}`],
  ['Spanish', `contraseña: ${SECRET}`],
  ['Russian', `пароль: ${SECRET}`],
  ['Japanese', `パスワード: ${SECRET}`],
  ['a connection string with a slash', `postgres://u:a/${SECRET}@h/db`],
  ['a token of Git in a URL', `https://${SECRET}Tok3n0123456789@github.com/a/b.git`],
  ['a line of a Dockerfile', `ENV DB_PASSWORD ${SECRET}`],
  ['a netrc', `machine h login ada password ${SECRET}`],
  ['a bind of LDAP', `ldap bind cn=x password ${SECRET}`],
  ['a cookie of curl', `curl -b "session=${SECRET}" https://h`],
  ['mysql', `mysql -uroot -p${SECRET} db`],
  ['redis-cli', `redis-cli -a ${SECRET} ping`],
  ['sshpass', `sshpass -p ${SECRET} ssh h`],
  ['a bot of Telegram in a path', `https://api.telegram.org/bot123456789:AA${HASH.slice(0, 33)}/send`],
  ['CDATA', `<password><![CDATA[${SECRET}]]></password>`],
  ['a dump of PHP', `["password"]=> string(10) "${SECRET}"`],
  ['bytes of Python', `{'password': b'${SECRET}'}`],
  ['an option of Rust', `User { password: Some("${SECRET}") }`],
  ['a sentence', `the password is ${SECRET}`],
  ['a change in a sentence', `password changed to ${SECRET}`],
  ['a quoted one in a sentence', `Invalid password "${SECRET}"`],
  ['a one-time code in a sentence', `your otp is ${SECRET}`],
  ['a token in a sentence', `invalid token ${HASH.slice(0, 32)}`],
  ['LIKE', `WHERE password LIKE '${SECRET}'`],
  ['an inequality of SQL', `WHERE password <> '${SECRET}'`],
  ['a duplicate of MySQL', `Duplicate entry '${SECRET}' for key 'users.password'`],
  ['a message of Joi', `"password" with value "${SECRET}" fails to match the pattern`],
  ['a message of Mongoose', `Cast to Number failed for value "${SECRET}" (type string) at path "password"`],
  ['a message of Zod', `password: received '${SECRET}'`],
  ['a JSON Patch', `[{"op":"replace","path":"/password","value":"${SECRET}"}]`],
  ['AUTH PLAIN', `AUTH PLAIN ${base64(`\0u\0${SECRET}`)}`],
  ['a kubeconfig', `    client-key-data: ${base64(SECRET + SECRET)}`],
  ['a hash of bcrypt', `hash $2b$10$${HASH.slice(0, 53)}`],
  ['a hash of argon2', `$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$${HASH}`],
  ['a hash of htpasswd', `ada:$apr1$abcdefgh$${HASH.slice(0, 22)}`],
  ['a line of /etc/shadow', `root:$6$saltsalt$${HASH}:18000:0`],
  ['a bearer in a nested error', `upstream said {"error":"401 for Authorization: Bearer ${SECRET}abcdef"}`],
  ['variables of GraphQL', `{"query":"mutation($p:String!){x}","variables":{"password":"${SECRET}"}}`],
]; // prettier-ignore

class Getter {
  get password(): string {
    return SECRET;
  }
}
class Spoken {
  toJSON(): string {
    return `password=${SECRET}`;
  }
}

/** Values of details, each with SECRET in it. */
const VALUES: readonly (readonly [what: string, details: object])[] = [
  ['a pair as services of Amazon write it', { Name: 'DB_PASSWORD', Value: SECRET }],
  ['a pair of id and value', { id: 'password', value: SECRET }],
  ['a path as a list', { path: ['user', 'password'], received: SECRET }],
  ['a rejected value', { field: 'password', rejectedValue: SECRET }],
  ['an error of ajv', { instancePath: '/password', value: SECRET }],
  ['parameters of SQL', { sql: 'update u set password = $1', parameters: [SECRET] }],
  ['values of pg', { text: 'INSERT INTO u (password) VALUES ($1)', values: [SECRET] }],
  ['variables of GraphQL', { query: 'mutation($p: String!) { login(password: $p) { id } }', variables: { p: SECRET } }],
  ['Headers', { headers: new Headers({ authorization: `Bearer ${SECRET}`, cookie: `a=${SECRET}` }) }],
  ['URLSearchParams', { query: new URLSearchParams({ password: SECRET }) }],
  ['a Map', { form: new Map([['password', SECRET]]) }],
  ['Set-Cookie as a list', { headers: { 'set-cookie': [`sid=${SECRET}; Path=/`] } }],
  ['a form as a text', { body: `a=1&password=${SECRET}` }],
  ['a getter', { user: new Getter() }],
  ['toJSON', { user: new Spoken() }],
  ['a symbol', { [Symbol('password')]: SECRET }],
  ['a getter that throws', { get user() { throw new Error(`password=${SECRET}`); } }],
  ['a name that holds it', { [`password=${SECRET}`]: 1 }],
]; // prettier-ignore

const HARMLESS_TEXTS = [
  'the password was changed', 'password reset was requested', 'password must have 12 characters', 'otp sent', 'token expired', 'the token 42 is used',
  'SELECT id FROM t WHERE name LIKE \'x\'', 'token rotation v2', 'password:', 'paid 100%25 of it', 'a &quot;b&quot; c', 'next=/orders%3Fstatus%3Dpaid',
  'redis-cli ping', 'mysql is down', 'https://example.org/a@b', 'https://averylongusernameofada@example.org/', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)',
  'costs 5$ or 6$ each', 'name:\n  Ada', '{"path":"/status","value":"paid"}', 'Duplicate entry \'ada\' for key \'users.name\'',
]; // prettier-ignore

const HARMLESS_VALUES: readonly object[] = [
  { id: 'order-42', value: 'paid' },
  { sql: 'select * from orders where status = $1', parameters: ['paid'] },
  { text: 'Your password was changed', values: ['a'] },
  { path: ['user', 'name'], received: 'Ada' },
  { query: { status: 'paid' }, params: { id: '42' } },
];

const isSecretName = secretNameTest();
const shown = (value: unknown): unknown => new JsonNormalizer(isSecretName, new ByteBudget(64 * 1024)).normalize(value);

describe('a secret is masked', () => {
  it.each(TEXTS)('in %s', (_what, text) => {
    expect(isHarmless(text)).toBe(false);
    const masked = cleanText(text);
    expect(masked).toContain('[REDACTED]');
    for (const secret of [SECRET, base64(SECRET + SECRET), base64(`\0u\0${SECRET}`)]) expect(masked).not.toContain(secret);
    expect(cleanText(masked)).toBe(masked);
  }); // prettier-ignore

  it.each(VALUES)('in a value: %s', (_what, details) => {
    expect(JSON.stringify(shown(details))).not.toContain(SECRET);
  });
});

describe('text without a secret stays', () => {
  it.each(HARMLESS_TEXTS)('%s', (text) => {
    expect(cleanText(text)).toBe(text);
  });

  it.each(HARMLESS_VALUES.map((value) => [JSON.stringify(value), value]))('%s', (_text, value) => {
    expect(shown(value)).toEqual(value);
  });
});

describe('an encoding', () => {
  it('is taken away three times at most: who writes the text chooses how many there are', () => {
    const encoded = (times: number): string => `password%${'25'.repeat(times - 1)}3D${SECRET}`;
    expect(cleanText(encoded(3))).toBe('password%3D[REDACTED]');
    expect(cleanText(encoded(5))).toBe(encoded(5));
    const many = `%${'25'.repeat(4_000)}3D`;
    expect(cleanText(many)).toBe(many);
  });

  it('is taken away once, and leaves no control character', () => {
    expect(decodeOnce('a%253Db')).toBe('a%3Db');
    expect(decodeOnce('a%3Db%00%0A')).toBe('a=b  ');
    expect(decodeOnce('%3D%FF')).toBe('%3D%FF'); // no UTF-8
    expect(decodeOnce('100% of it')).toBe('100% of it');
  });
});
