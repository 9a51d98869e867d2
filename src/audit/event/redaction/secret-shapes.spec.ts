import { describe, expect, it } from '@jest/globals';
import { TruncationBudget } from '../truncation-budget.js';
import { decodeLayer } from '../../../base/secrets/decode-text.js';
import { isHarmless } from '../../../base/secrets/harmless-text.js';
import { JsonNormalizer } from '../normalize-json.js';
import { cleanText } from '../normalize-text.js';
import { createSecretNameTest } from '../../../base/secrets/redact-names.js';
import { isCardLikeNumber, maskSecrets } from '../../../base/secrets/redact-values.js';

/** The secret has the form of no known name or token. */
const SECRET = 'hunter2Zq9';
const HASH = `${SECRET}abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMN`;
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';
const PEM = `-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\nq3v8\n-----END RSA PRIVATE KEY-----`;
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const hex = (length: number): string => '0123456789abcdef'.repeat(12).slice(0, length);
const word = (length: number): string => 'aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zC'.repeat(8).slice(0, length);
const upper = (length: number): string => 'AB3DE5GH7JK2MN4PQ6RS'.repeat(4).slice(0, length);

/** A text's secret is the second item of its pair, otherwise SECRET, otherwise the text's last twelve characters. */
const TEXTS: readonly (string | readonly [text: string, secret: string])[] = [
  `--${'-'.repeat(40)}password ${SECRET}`, `a\\\\--password ${SECRET}`, `{"kty":"oct","\\\\"k":"${SECRET}"}`, `{\\"kty\\":\\"oct\\",\\"k\\":\\"${SECRET}\\"}`,
  `password: ${SECRET}: wrong`, `<password><![CDATA[${SECRET} and a cut`, `next=a%26b%3Fotp%3D${SECRET}`, `a%26pin%3D${SECRET}`, `password in   (   '${SECRET}')`,
  `name="password"  ,   value="${SECRET}"`,
  `user[password]=${SECRET}&a=b`, `user%5Bpassword%5D=${SECRET}`, `password%253D${SECRET}`, encodeURIComponent(`{"password":"${SECRET}"}`),
  `{"p\\u0061ssword":"${SECRET}"}`, `&quot;password&quot;:&quot;${SECRET}&quot;`, `password: |\n  ${SECRET}\nuser: x`, `password: >-\n  ${SECRET}\nuser: x`,
  `password:\n  ${SECRET}`, `secrets:\n  - first\n  - ${SECRET}`, `password : ${SECRET}`, `password：${SECRET}`, `Passwort: ${SECRET}`,
  `mot de passe : ${SECRET}`, `contraseña: ${SECRET}`, `пароль: ${SECRET}`, `パスワード: ${SECRET}`, `postgres://u:a/${SECRET}@h/db`,
  `https://${SECRET}Tok3n0123456789@github.com/a/b.git`, `ENV DB_PASSWORD ${SECRET}`, `machine h login ada password ${SECRET}`,
  `ldap bind cn=x password ${SECRET}`, `curl -b "session=${SECRET}" https://h`, `mysql -uroot -p${SECRET} db`, `redis-cli -a ${SECRET} ping`,
  `sshpass -p ${SECRET} ssh h`, `https://api.telegram.org/bot123456789:AA${HASH.slice(0, 33)}/send`, `<password><![CDATA[${SECRET}]]></password>`,
  `["password"]=> string(10) "${SECRET}"`, `{'password': b'${SECRET}'}`, `User { password: Some("${SECRET}") }`, `the password is ${SECRET}`,
  `password changed to ${SECRET}`, `Invalid password "${SECRET}"`, `your otp is ${SECRET}`, `invalid token ${HASH.slice(0, 32)}`,
  `WHERE password LIKE '${SECRET}'`, `Duplicate entry '${SECRET}' for key 'users.password'`, `"password" with value "${SECRET}" fails to match the pattern`,
  `Cast to Number failed for value "${SECRET}" (type string) at path "password"`, `password: received '${SECRET}'`,
  `[{"op":"replace","path":"/password","value":"${SECRET}"}]`, `AUTH PLAIN ${base64(`\0u\0${SECRET}`)}`, `    client-key-data: ${base64(SECRET + SECRET)}`,
  `hash $2b$10$${HASH.slice(0, 53)}`, `$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$${HASH}`, `ada:$apr1$abcdefgh$${HASH.slice(0, 22)}`,
  `root:$6$saltsalt$${HASH}:18000:0`, `upstream said {"error":"401 for Authorization: Bearer ${SECRET}abcdef"}`,
  `{"query":"mutation($p:String!){x}","variables":{"password":"${SECRET}"}}`, ['{"password":"correct horse battery","user":"ada"}', 'horse'],
  ['{"password":"a,b;hunter2)","user":"ada"}', 'hunter2'], [String.raw`{"password":"a\"hunter2","user":"ada"}`, 'hunter2'],
  [String.raw`{"body":"{\"password\":\"a\\\"hunter2\"}"}`, 'hunter2'], ['{"password":["hunter2","hunter3"],"user":"ada"}', 'hunter'],
  ['{"password":{"value":"hunter2"},"user":"ada"}', 'hunter2'], `password: ${SECRET}`, `user: ada\n  db_password: ${SECRET}\n`, `'password' => '${SECRET}'`,
  `Cookie: a=b; sess=${SECRET}`, `Set-Cookie: connect.sid=${SECRET}; Path=/`, `Authorization: Custom ${SECRET}`,
  `Authorization: Digest username="ada", response="${SECRET}"`, `X-Api-Key: ${SECRET}`, `curl -H "X-Auth-Token: ${SECRET}" https://example.org`,
  `curl -u ada:${SECRET} https://example.org`, `mysql --password ${SECRET} --user ada`, `mysql --password=${SECRET}`,
  `https://a.example/cb?code=${SECRET}&state=1`, `https://a.example/b?sv=2024&sig=${SECRET}`, `https://a.example/b?X-Amz-Signature=${SECRET}`,
  `https://a.example/b?X-Amz-Security-Token=${SECRET}`, `https://a.example/b?X-Goog-Signature=${SECRET}`, `https://a.example/cb#access_token=${SECRET}`,
  `next=/cb%3Ftoken%3D${SECRET}`, `Key (password)=(${SECRET}) already exists.`, `Key (email, password)=(ada@example.org, ${SECRET}) already exists.`,
  `Failing row contains (1, ada, ${SECRET}).`, `query failed: SELECT $1 -- PARAMETERS: ["${SECRET}"]`, `unnamed portal with parameters: $1 = '${SECRET}'`,
  `Failed query: select 1\nparams: ada,${SECRET}`, `INSERT INTO users (email, password) VALUES ('ada', '${SECRET}')`,
  `UPDATE users SET password = '${SECRET}'`, `ALTER ROLE ada PASSWORD '${SECRET}'`, `CREATE USER ada IDENTIFIED BY '${SECRET}'`,
  `<password>${SECRET}</password>`, `<add key="ClearTextPassword" value="${SECRET}" />`, `name="password"\r\n\r\n${SECRET}\r\n--x`,
  `[{"name":"password","value":"${SECRET}"}]`, `{ name: 'password', value: '${SECRET}' }`, `["password","${SECRET}"]`,
  `Server=db;User Id=ada;Password=${SECRET};`, `AccountName=a;AccountKey=${SECRET};`, `//registry.example.org/:_authToken=${SECRET}`,
  `123456789:AA${word(33)}`, ['110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw', 'AAHdqTcvCH1v'], `123456789012345|${word(30)}`, `abc8Q~${word(34)}`, `Ab3dE5_${word(29)}_mmk`,
  [`token abcDEF12345678.atlasv1.${word(64)}`, word(64)], ['4111.1111.1111.1111', '1111.1111'],
  ['card 2200000000000004', '000000000'], ['card 6000000000000007', '000000000'], ['card 8100000000000002', '000000000'], ['card 5080000000000002', '000000000'],
  ['card 9792000000000003', '000000000'], ['card 6304000000000000', '000000000'], ['3782.822463.10005', '822463'],
  ['4111\u00a01111\u00a01111\u00a01111', '1111\u00a01111'], ['4111\u202f1111\u202f1111\u202f1111', '1111\u202f1111'], ['４１１１１１１１１１１１１１１１', '１１１１１１'],
  ['4111\u200b1111\u200b1111\u200b1111', '1111\u200b1111'], `{"kty":"EC","crv":"P-256","x":"abc","d":"${SECRET}"}`,
  JSON.stringify(JSON.stringify({ k: SECRET, kty: 'oct' })), [`Digest username="ada", nonce="abc", response="${hex(32)}"`, hex(32)],
  `pass\u200bword=${SECRET}`, `pass\u00adword: ${SECRET}`, `{"api\u2060Key":"${SECRET}"}`,
  ...['password=', 'Password: ', 'client_secret=', 'token:', '{"password":"', '{"apiKey":"'].map((name) => btoa(name + SECRET)),
  `PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nPublic-Lines: 1\nAAAA\nPrivate-Lines: 1\n${SECRET}\nPrivate-MAC: ${hex(64)}`,
  [`${btoa('123456789012345678')}.${word(6)}.${word(38)}`, word(38)], [`https://hooks.slack.com/services/T00000000/B00000000/${word(24)}`, word(24)],
  [`https://discord.com/api/webhooks/123456789/${word(60)}`, word(60)], [`https://a.webhook.office.com/webhookb2/${hex(32)}`, hex(32)],
  ...[
    ...['AKIA', 'ASIA', 'ABIA', 'ACCA'].map((start) => start + upper(16)),
    ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'npm_', 'pnu_'].map((start) => start + word(36)),
    `github_pat_${word(82)}`,
    ...['glpat-', 'gldt-', 'glft-', 'glrt-', 'glsoat-', 'glffct-', 'GR1348941'].map((start) => start + word(20)),
    `glcbt-1a_${word(20)}`, `glimt-${word(25)}`, `glagent-${word(50)}`, `gloas-${word(64)}`, `glptt-${hex(40)}`,
    ...['sk_live_', 'sk_test_', 'rk_live_', 'rk_prod_', 'whsec_'].map((start) => start + word(24)),
    `sk-ant-api03-${word(93)}AA`, `sk-proj-${word(74)}`, `sk-${word(48)}`, `gsk_${word(52)}`, `pplx-${word(48)}`,
    `xoxb-1234567890123-1234567890123-${word(24)}`, `xoxp-1234567890-${word(30)}`, `xoxa-2-${word(30)}`, `xapp-1-A1-123-${hex(64)}`,
    `AIza${word(35)}`, `ya29.${word(60)}`, `GOCSPX-${word(28)}`, `SG.${word(22)}.${word(43)}`, `SK${hex(32)}`, `key-${hex(32)}`,
    `xkeysib-${hex(64)}-${hex(16)}`, `pypi-AgEIcHlwaS5vcmc${word(60)}`, `rubygems_${hex(48)}`, `CLOJARS_${word(60)}`, `dckr_pat_${word(27)}`,
    `hf_${word(34)}`, `dop_v1_${hex(64)}`, `doo_v1_${hex(64)}`, `dor_v1_${hex(64)}`, `dapi${hex(32)}`, `dp.pt.${word(43)}`,
    `dt0c01.${word(24)}.${word(64)}`, `duffel_live_${word(43)}`, `EZAK${word(54)}`, `EZTK${word(54)}`, `EAAM${word(110)}`, `sq0atp-${word(22)}`,
    `FLWSECK_TEST-${hex(32)}-X`, `fo1_${word(43)}`, `fio-u-${word(64)}`, `glc_${word(40)}`, `glsa_${word(32)}_${hex(8)}`,
    `pat.${word(22)}.${word(24)}.${word(20)}`, `pat${word(14)}.${hex(64)}`, `HRKU-AA${word(58)}`, `ico-${word(32)}`, `s-s4t2ud-${hex(64)}`,
    `lin_api_${word(40)}`, `ntn_${word(46)}`, `API-${upper(26)}`, `pscale_tkn_${word(40)}`, `pscale_pw_${word(40)}`, `PMAK-${hex(24)}-${hex(34)}`,
    `pul-${hex(40)}`, `rdme_${hex(70)}`, `tk-us-${word(48)}`, `sntryu_${hex(64)}`, `sntrys_eyJpYXQiO${word(80)}`, `sm_pat_${word(16)}`,
    `shippo_live_${hex(40)}`, `shpat_${hex(32)}`, `shpss_${hex(32)}`, `sgp_${hex(40)}`, `hvs.${word(95)}`, `hvb.${word(140)}`, `s.${word(24)}`,
    `sha256~${word(43)}`, `AKCp${word(69)}`, `cmVmd${word(59)}`, `LTAI${word(20)}`, `p8e-${word(32)}`, `AGE-SECRET-KEY-1${upper(58)}`,
    `A3-ABC123-ABC123-ABC12-ABC12-ABC12-ABC12`, `ops_eyJ${word(260)}`, `ZXlKaGJHY2lPaU${word(80)}`, `4b1d${word(38)}`, `v1.0-${hex(24)}-${hex(146)}`,
    `figd_${word(40)}`, `NRAK-${upper(27)}`, `NRII-${word(32)}`, `NRJS-${hex(19)}`, `sbp_${hex(40)}`, `sb_secret_${word(31)}`,
    `tskey-auth-${word(12)}CNTRL-${word(32)}`, `tskey-api-${word(12)}CNTRL-${word(32)}`,
    `authress_${word(10)}.${word(5)}.acc-${word(12)}.${word(40)}`,
  ].map((token): readonly [string, string] => [`it was ${token} then`, token.slice(-12)]),
]; // prettier-ignore

const MASKED: readonly (readonly [text: string, masked: string])[] = [
  [`https://example.org/cb?t=${JWT}&x=1`, 'https://example.org/cb?t=[REDACTED]&x=1'],
  ['eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.', '[REDACTED]'],
  ['Authorization: Bearer abc.DEF-123_~+/==', 'Authorization: Bearer [REDACTED]'],
  [`BEARER ${word(20)}`, 'BEARER [REDACTED]'],
  ['401 with Bearer aB3dE6gH9jK2, then', '401 with Bearer [REDACTED], then'],
  [`used Token ${word(24)}, then`, 'used Token [REDACTED], then'],
  [`Bearer ${JWT}`, 'Bearer [REDACTED]'],
  ['Basic\tdXNlcjpwYXNz', 'Basic\t[REDACTED]'],
  ['max_tokens=4096&token=4096', 'max_tokens=4096&token=[REDACTED]'],
  [`key: ${PEM} end`, 'key: [REDACTED] end'],
  [PEM.slice(0, 50), '[REDACTED]'],
  ['redis://:hunter2@cache', 'redis://:[REDACTED]@cache'],
  ['postgres://app:hun@ter2@db/app', 'postgres://app:[REDACTED]@db/app'],
  ['login?password=hunter2&user=ada', 'login?password=[REDACTED]&user=ada'],
  ['{"password":"hunter2","user":"ada"}', '{"password":"[REDACTED]","user":"ada"}'],
  ['api_key=abc123 apikey=def456', 'api_key=[REDACTED] apikey=[REDACTED]'],
  ["host=db password='hunter two' user=ada", "host=db password='[REDACTED]' user=ada"],
  ['{"authorization":"Token abc","cvv":123}', '{"authorization":"[REDACTED]","cvv":[REDACTED]}'],
];

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

const VALUES: readonly object[] = [
  { name: 'password', value: SECRET }, { question: 'First pet?', answer: SECRET }, { key: 'api_key', value: SECRET }, { headers: [{ name: 'Cookie', value: SECRET }] },
  { field: 'password', oldValue: SECRET, newValue: SECRET }, { value: SECRET, name: 'password' }, { property: 'clientSecret', content: [SECRET] },
  { entry: ['password', SECRET] }, { entries: [['user', 'ada'], ['password', 'swordfish'.replace('swordfish', SECRET)]] },
  { rawHeaders: ['Host', 'a.example', 'Cookie', SECRET, 'Authorization', SECRET] }, { params: ['user', 'ada', 'password', SECRET] },
  { form: new Map([['password', SECRET]]) },
  { jwk: { kty: 'RSA', n: 'abc', e: 'AQAB', d: SECRET, p: SECRET, q: SECRET, dp: SECRET, dq: SECRET, qi: SECRET } }, { kty: 'oct', k: SECRET },
  { ['pass\u200bword']: SECRET }, { ｐａｓｓｗｏｒｄ: SECRET, ｕｓｅｒＰｉｎ: SECRET }, { configKey: 'integration.partner', oldValue: SECRET, newValue: SECRET },
  { configKey: 'smtp.password', requestedValue: SECRET }, { setting: 'vault', value: SECRET }, { Name: 'DB_PASSWORD', Value: SECRET },
  { id: 'password', value: SECRET }, { path: ['user', 'password'], received: SECRET }, { field: 'password', rejectedValue: SECRET },
  { instancePath: '/password', value: SECRET }, { sql: 'update u set password = $1', parameters: [SECRET] },
  { text: 'INSERT INTO u (password) VALUES ($1)', values: [SECRET] },
  { query: 'mutation($p: String!) { login(password: $p) { id } }', variables: { p: SECRET } },
  { headers: new Headers({ authorization: `Bearer ${SECRET}`, cookie: `a=${SECRET}` }) }, { query: new URLSearchParams({ password: SECRET }) },
  { headers: { 'set-cookie': [`sid=${SECRET}; Path=/`] } }, { body: `a=1&password=${SECRET}` }, { user: new Getter() }, { user: new Spoken() },
  { [Symbol('password')]: SECRET }, { get user() { throw new Error(`password=${SECRET}`); } }, { [`password=${SECRET}`]: 1 },
]; // prettier-ignore

const NAMES = [
  'sid', 'csrf', 'xsrf', 'pw', 'userPw', 'user_pass', 'smscode', 'smsCode', 'masterkey', 'master_key', 'hmackey', 'seedphrase', 'pincode', 'resetcode',
  'authcode', 'dbpass', 'db_pass', 'smtppass', 'mailpass', 'passwordretype', 'passwordnew', 'passwordold', 'passwordcurrent', 'passwordplain',
  'passphraseconfirm', 'passwordverify', 'secretkeybase', 'privatekeypem', 'keymaterial', 'totpcode', 'backupcode', 'securitycode', 'cvccode', 'otpcode',
  'connect.sid', 'PHPSESSID', 'JSESSIONID', 'sig', 'x-amz-signature', 'passwordSalt', 'mnemonic', 'recoveryPhrase', 'sshKey', 'webhookKey', 'sessionKey',
  'accessCode', 'loginCode', 'emailCode', 'magicLink', 'resetLink', 'securityAnswer', 'creds', 'awsCreds', 'connectionString', 'basicAuth', 'cvn',
  'psk', 'wepKey', 'puk', 'hotp', 'aesKey', 'des_key', 'cipherKey', 'signKey', 'macKey', 'encKey', 'ocp-apim-subscription-key', 'x-functions-key', 'unseal_keys',
  'macaroon',
]; // prettier-ignore

const CARDS = [
  '5019717010103742', '5066991111111118', '5067310000000010', '6362970000457013', 
  '4111111111111111', '4222222222222222222', '5555555555554444', '2223003122003222', '378282246310005', '30569309025904', '6011111111111117', '3530111333300000',
  '6200000000000005', '62000000000000003', '620000000000000002', '6200000000000000003',
].map((start) => (start.length < 17 ? start : withCheckDigit(start.slice(0, -1)))); // prettier-ignore

const CARDS_AMONG_OTHERS = [
  '4111-1111-1111-1111', '"4111111111111111"', 'card:4111111111111111', '4111 1111 1111 1111 12/27', '4111111111111111 123', '12 4111111111111111',
  '4111111111111111 5555555555554444', '4111111111111111 - Ada',
]; // prettier-ignore

const HARMLESS_TEXTS = [
  'Invalid token: expired', 'Unexpected token: }', 'password: must be longer', 'the password was changed', 'error code=23505', 'code: 42',
  'Key (email)=(ada@example.org) already exists.', 'GET /orders?status=paid&page=2', 'rv:109.0', 'Host: a.example', 'spin: 3', 'pinned=true', 'sk-SK',
  'SKU-123', 'key-value', 'AKIA is how keys begin', 'pattern.test', 'API-first', 'hf_model', 's.toString()', 'sha256:abc', 'data-driven', 'Error: no such order',
  'INSERT INTO orders (id, total) VALUES (1, \'x\')', '["password","email"]', '<b>bold</b>', 'extended_name', '2026-01-31T10:20:30.123Z',
  'c1f1c2d4-1c1d-4222-8333-1f00000a9845', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'name: Ada', '{"name":"color","value":"red"}',
  '192.168.100.200', 'v1.2026.11.26', '12345678.12345678', '4111.1111', '1234.5678.9012.3456', 'order 2026.1126.0001.0042', '２０２６', 'ORDER-0042-1126-2026',
  '👨\u200d👩\u200d👧 paid', 'co\u00adoperate: yes', '{"kty":"RSA","n":"abc","e":"AQAB"}', '{"d":"2026-11-26","k":"color"}', 'response=ok', 'response=42',
  'TVRBd01EQXdNREF3', 'NDA signed', 'MTA 2.4.1', btoa('an ordinary text of a document'), 'https://cdn.example.org/a.b.c', 'figd_x', 'NRAK', 'sbp_test', 'tskey-',
  '0192f0c1-5f6e-7abc-8def-0123456789ab', '00000000-0000-0000-0000-000000000000', 'd41d8cd98f00b204e9800998ecf8427e', '01JD8Q7XKZ3M5N9P2R4T6V8W0Y',
  'INV-2026-000042', '978-3-16-148410-0', '+49 30 1234567', 'DE89 only', '1732600000000', 'V1StGXR8_Z5jdHi6B-myT', 'cGFyYWdyYXBo',
  'the password was changed', 'password reset was requested', 'password must have 12 characters', 'otp sent', 'token expired', 'the token 42 is used',
  'SELECT id FROM t WHERE name LIKE \'x\'', 'token rotation v2', 'password:', 'paid 100%25 of it', 'a &quot;b&quot; c', 'next=/orders%3Fstatus%3Dpaid',
  'redis-cli ping', 'mysql is down', 'https://example.org/a@b', 'https://averylongusernameofada@example.org/', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)',
  'costs 5$ or 6$ each', 'name:\n  Ada', '{"path":"/status","value":"paid"}', 'Duplicate entry \'ada\' for key \'users.name\'',
  'order 2024000012345678', '4111111111111112', '7992739871300000', '1700000000000000', '20240115103045123', '41111111-1111-4111-8111-111111111111',
  '41111111-1111-1111-1111-111111111111', '1.2.3-4111111111111111', '2001:0db8:85a3:0000:0000:8a2e:0370:7334', '+420 777 123 456',
  'Basic Subscription', 'Basic Plan2026', 'Bearer Certificate', 'a bearer of 12345678901234567890', 'token rotation policy of version 2', '4006381333931', '4222222222222',
  'ean 4012345678901 sold', '5700000000000003', '6100000000000004', '{"max_tokens":4096,"input_tokens":12.5}', '<max_tokens>5</max_tokens>', 'llm --max-tokens 4096',
  'https://example.org:8443/path?page=2', 'https://example.org/users/ada@example.org', 'spin=3 japan=4 {"spin":3}', 'ada@example.org',
]; // prettier-ignore

const HARMLESS_VALUES: readonly object[] = [
  { name: 'color', value: 'red' }, { answer: 'yes' }, { question: 'Why?', value: 'red' }, { name: 'Ada', text: 'hello' }, { changedFields: ['password', 'email'] }, { methods: ['otp', 'sms'] },
  { configKey: 'orders.max_items', oldValue: 10, newValue: 50 }, { configKey: 'mail.enabled', newValue: 'yes' }, { setting: 'password_min_length', value: 12 },
  { name: 'password', required: true, minLength: 12 }, { entries: [['color', 'red']] }, { rawHeaders: ['Host', 'a.example'] }, { from: 'new', to: 'paid' },
  { max_tokens: 4096, inputTokens: 12, usage: { completion_tokens: '42', remainingTokens: 0 } },
  { d: 1, k: 'color', q: 'tea', p: 2 }, { kty: 'RSA', n: 'abc', e: 'AQAB' },
  { id: 'order-42', value: 'paid' }, { sql: 'select * from orders where status = $1', parameters: ['paid'] },
  { text: 'Your password was changed', values: ['a'] }, { path: ['user', 'name'], received: 'Ada' }, { query: { status: 'paid' }, params: { id: '42' } },
]; // prettier-ignore

const isSecretName = createSecretNameTest();
const shown = (value: unknown): unknown =>
  new JsonNormalizer(isSecretName, new TruncationBudget(64 * 1024)).normalize(value);

describe('no shape of a secret passes', () => {
  it.each(TEXTS.map((row) => (typeof row === 'string' ? [row, row.includes(SECRET) ? SECRET : row.slice(-12)] : [...row])))(
    'in the text %j',
    (text = '', secret = '') => {
      expect(text).toContain(secret);
      expect(isHarmless(text)).toBe(false);
      const masked = cleanText(text);
      expect(masked).not.toContain(secret);
      expect(masked).toContain('[REDACTED]');
      expect(cleanText(masked)).toBe(masked);
    },
  ); // prettier-ignore

  it.each(MASKED)('and the rest of a text stays: %j', (text, masked) => {
    expect(maskSecrets(text)).toBe(masked);
  });

  it.each(VALUES.map((value, index) => [index, value]))('in value %i', (_index, value) => {
    expect(JSON.stringify(shown(value))).not.toContain(SECRET);
  });

  it.each(NAMES)('under the name %s, in a value and in a text', (name) => {
    expect(shown({ [name]: SECRET })).toEqual({ [name]: '[REDACTED]' });
    expect(cleanText(`the ${name}: ${SECRET}`)).toBe(`the ${name}: [REDACTED]`);
  });

  it.each(CARDS)('of the card number %s, also as a number', (digits) => {
    expect(cleanText(`paid with ${digits}.`)).toBe('paid with [REDACTED].');
    if (Number.isSafeInteger(Number(digits))) expect(isCardLikeNumber(Number(digits))).toBe(true);
  });

  it.each(CARDS_AMONG_OTHERS)('of the card number in %s', (text) => {
    expect(maskSecrets(text).replace(/\D/g, '')).not.toMatch(/4111|5555/);
  });
});

describe('what only looks like one stays', () => {
  it.each(HARMLESS_TEXTS)('%s', (text) => {
    expect(cleanText(text)).toBe(text);
  });

  it.each(HARMLESS_VALUES.map((value) => [JSON.stringify(value), value]))('%s', (_text, value) => {
    expect(shown(value)).toEqual(value);
  });

  it.each([0, 7, -4_111_111_111_111_111, 4_111_111_111_111_112, 4.5e15 + 0.5, 4e18])('the number %d', (number) => {
    expect(isCardLikeNumber(number)).toBe(false);
  });
});

describe('an encoding', () => {
  it('is taken away three times at most: who writes the text chooses how many there are', () => {
    const encoded = (times: number): string => `password%${'25'.repeat(times - 1)}3D${SECRET}`;
    expect(cleanText(encoded(3))).toBe('password%3D[REDACTED]');
    for (const text of [encoded(5), `%${'25'.repeat(4_000)}3D`]) expect(cleanText(text)).toBe(text);
  });

  it.each([
    ['a%3Db%00%0A', 'a=b  '],
    ['%3D%FF', '%3D%FF'], // no UTF-8
  ])('of %s leaves no control character', (text, decoded) => {
    expect(decodeLayer(text)).toBe(decoded);
  });
});

it.each(['-'.repeat(16_000), 'password:'.repeat(1_700), '(a)=('.repeat(3_200), `"kty"${'\\'.repeat(16_000)}`, `in${' '.repeat(16_000)}`, `name="a"${' '.repeat(16_000)}value`, 'a%26'.repeat(4_000), 'a.'.repeat(8_000) + '://', '4 '.repeat(8_000), 'eyJ-'.repeat(4_000), '-----BEGIN '.repeat(1_400), 'a://:'.repeat(3_000), 'password="'.repeat(1_600), 'curl '.repeat(3_200)])(
  'a text of 16 KB is searched before the test gives up',
  (text) => {
    expect(typeof maskSecrets(text)).toBe('string');
  },
); // prettier-ignore

function withCheckDigit(start: string): string {
  let sum = 0;
  for (const [place, digit] of Array.from(start).reverse().entries()) {
    const doubled = Number(digit) * (place % 2 === 0 ? 2 : 1);
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return start + String((10 - (sum % 10)) % 10);
}

it.each(['curl -s http://x/curl -u', 'curl a | curl -s --user', 'curl --user'])(
  '%s and a password are masked',
  (command) => {
    expect(maskSecrets(`${command} ada:${SECRET}`)).toBe(`${command} ada:[REDACTED]`);
  },
);
