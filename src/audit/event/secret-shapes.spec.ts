import { describe, expect, it } from '@jest/globals';
import { ByteBudget } from './byte-budget.js';
import { isHarmless } from './harmless-text.js';
import { JsonNormalizer } from './normalize-json.js';
import { cleanText } from './normalize-text.js';
import { secretNameTest } from './sensitive-names.js';
import { isCardLikeNumber, maskSecrets } from './sensitive-values.js';

/** What no event may show; it looks like a name of nothing and a token of nobody. */
const SECRET = 'hunter2Zq9';
const hex = (length: number): string => '0123456789abcdef'.repeat(12).slice(0, length);
const word = (length: number): string => 'aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zC'.repeat(8).slice(0, length);
const upper = (length: number): string => 'AB3DE5GH7JK2MN4PQ6RS'.repeat(4).slice(0, length);

/** Texts, each with what of it has to be gone. */
const TEXTS: readonly (readonly [what: string, text: string, secret?: string])[] = [
  ['a name and a colon', `password: ${SECRET}`],
  ['a name and a colon without a blank', `password:${SECRET}`],
  ['a password in YAML', `user: ada\n  db_password: ${SECRET}\n`],
  ['an assignment with blanks', `password = ${SECRET}`],
  ['a hash rocket', `'password' => '${SECRET}'`],
  ['pw', `pw=${SECRET}`],
  ['user_pass', `user_pass=${SECRET}`],
  ['csrf', `csrf=${SECRET}`],
  ['a Cookie header', `Cookie: a=b; sess=${SECRET}`],
  ['a Set-Cookie header', `Set-Cookie: connect.sid=${SECRET}; Path=/`],
  ['an Authorization header of any scheme', `Authorization: Custom ${SECRET}`],
  ['an Authorization header of digest', `Authorization: Digest username="ada", response="${SECRET}"`],
  ['an X-Api-Key header', `X-Api-Key: ${SECRET}`],
  ['a header of curl', `curl -H "X-Auth-Token: ${SECRET}" https://example.org`],
  ['a user of curl', `curl -u ada:${SECRET} https://example.org`],
  ['an option of a command', `mysql --password ${SECRET} --user ada`],
  ['an option with an equals sign', `mysql --password=${SECRET}`],
  ['an OAuth code', `https://a.example/cb?code=${SECRET}&state=1`],
  ['a signature of Azure', `https://a.example/b?sv=2024&sig=${SECRET}`],
  ['a signature of Amazon', `https://a.example/b?X-Amz-Signature=${SECRET}`],
  ['a security token of Amazon', `https://a.example/b?X-Amz-Security-Token=${SECRET}`],
  ['a signature of Google', `https://a.example/b?X-Goog-Signature=${SECRET}`],
  ['a fragment', `https://a.example/cb#access_token=${SECRET}`],
  ['a percent-encoded query', `next=/cb%3Ftoken%3D${SECRET}`],
  ['a unique key of PostgreSQL', `Key (password)=(${SECRET}) already exists.`],
  ['a unique key of several columns', `Key (email, password)=(ada@example.org, ${SECRET}) already exists.`],
  ['a failing row of PostgreSQL', `Failing row contains (1, ada, ${SECRET}).`],
  ['parameters of TypeORM', `query failed: SELECT $1 -- PARAMETERS: ["${SECRET}"]`],
  ['parameters of PostgreSQL', `unnamed portal with parameters: $1 = '${SECRET}'`],
  ['parameters of Drizzle', `Failed query: select 1\nparams: ada,${SECRET}`],
  ['an insert', `INSERT INTO users (email, password) VALUES ('ada', '${SECRET}')`],
  ['an update', `UPDATE users SET password = '${SECRET}'`],
  ['a role of PostgreSQL', `ALTER ROLE ada PASSWORD '${SECRET}'`],
  ['a user of MySQL', `CREATE USER ada IDENTIFIED BY '${SECRET}'`],
  ['an element of XML', `<password>${SECRET}</password>`],
  ['a setting of NuGet', `<add key="ClearTextPassword" value="${SECRET}" />`],
  ['a part of a form', `name="password"\r\n\r\n${SECRET}\r\n--x`],
  ['a pair in JSON', `[{"name":"password","value":"${SECRET}"}]`],
  ['a pair as a console writes it', `{ name: 'password', value: '${SECRET}' }`],
  ['a tuple in JSON', `["password","${SECRET}"]`],
  ['a connection string', `Server=db;User Id=ada;Password=${SECRET};`],
  ['a storage account', `AccountName=a;AccountKey=${SECRET};`],
  ['an npmrc', `//registry.example.org/:_authToken=${SECRET}`],
  ['a bot of Telegram', `123456789:AA${word(33)}`],
  ['a token of Facebook', `123456789012345|${word(30)}`],
  ['a client secret of Entra', `abc8Q~${word(34)}`],
  ['a key of MaxMind', `Ab3dE5_${word(29)}_mmk`],
  ['a token of Terraform', `token abcDEF12345678.atlasv1.${word(64)}`, word(64)],
  ['a card number with dots', '4111.1111.1111.1111', '1111.1111'],
  ['a card number of American Express with dots', '3782.822463.10005', '822463'],
  ['a card number with no-break spaces', '4111\u00a01111\u00a01111\u00a01111', '1111\u00a01111'],
  ['a card number with narrow spaces', '4111\u202f1111\u202f1111\u202f1111', '1111\u202f1111'],
  ['a card number in full-width digits', '４１１１１１１１１１１１１１１１', '１１１１１１'],
  ['a card number with zero-width spaces', '4111\u200b1111\u200b1111\u200b1111', '1111\u200b1111'],
  ['a private JWK', `{"kty":"EC","crv":"P-256","x":"abc","d":"${SECRET}"}`],
  ['a symmetric JWK within a text', JSON.stringify(JSON.stringify({ k: SECRET, kty: 'oct' }))],
  ['a response of digest', `Digest username="ada", nonce="abc", response="${hex(32)}"`, hex(32)],
  ['a response of digest without quotes', `Digest username=ada, response=${hex(64)}`, hex(64)],
  ['a name with a zero-width space', `pass\u200bword=${SECRET}`],
  ['a name with a soft hyphen', `pass\u00adword: ${SECRET}`],
  ['a name with a word joiner in JSON', `{"api\u2060Key":"${SECRET}"}`],
  ...['password=', 'Password: ', 'client_secret=', 'token:', '{"password":"', '{"apiKey":"'].map((name): readonly [string, string, string] => [
    `base64 of ${name}`, btoa(name + SECRET), btoa(name + SECRET).slice(-12),
  ]),
  ['a private key of PuTTY', `PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nPublic-Lines: 1\nAAAA\nPrivate-Lines: 1\n${SECRET}\nPrivate-MAC: ${hex(64)}`],
  ['a token of a bot of Discord', `${btoa('123456789012345678')}.${word(6)}.${word(38)}`, word(38)],
  ['a webhook of Slack', `https://hooks.slack.com/services/T00000000/B00000000/${word(24)}`, word(24)],
  ['a webhook of Discord', `https://discord.com/api/webhooks/123456789/${word(60)}`, word(60)],
  ['a webhook of Teams', `https://a.webhook.office.com/webhookb2/${hex(32)}`, hex(32)],
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
  ].map((token): readonly [string, string, string] => [`the token ${token.slice(0, 10)}…`, `it was ${token} then`, token.slice(-12)]),
]; // prettier-ignore

/** Values of details, each with SECRET in it. */
const VALUES: readonly (readonly [what: string, details: unknown])[] = [
  ['a pair of name and value', { name: 'password', value: SECRET }],
  ['a pair of key and value', { key: 'api_key', value: SECRET }],
  ['a pair of header and value', { headers: [{ name: 'Cookie', value: SECRET }] }],
  ['a pair of field and new value', { field: 'password', oldValue: SECRET, newValue: SECRET }],
  ['a pair with the value first', { value: SECRET, name: 'password' }],
  ['a pair of text and secret content', { property: 'clientSecret', content: [SECRET] }],
  ['a tuple', { entry: ['password', SECRET] }],
  ['a list of tuples', { entries: [['user', 'ada'], ['password', 'swordfish'.replace('swordfish', SECRET)]] }],
  ['raw headers', { rawHeaders: ['Host', 'a.example', 'Cookie', SECRET, 'Authorization', SECRET] }],
  ['a list of parameters', { params: ['user', 'ada', 'password', SECRET] }],
  ['a Map', { form: new Map([['password', SECRET]]) }],
  ['a private JWK', { jwk: { kty: 'RSA', n: 'abc', e: 'AQAB', d: SECRET, p: SECRET, q: SECRET, dp: SECRET, dq: SECRET, qi: SECRET } }],
  ['a symmetric JWK', { kty: 'oct', k: SECRET }],
  ['a name with a zero-width space', { ['pass\u200bword']: SECRET }],
  ['a name in full width', { ｐａｓｓｗｏｒｄ: SECRET, ｕｓｅｒＰｉｎ: SECRET }],
  ['a setting of an unknown name', { configKey: 'integration.partner', oldValue: SECRET, newValue: SECRET }],
  ['a setting of a secret name', { configKey: 'smtp.password', requestedValue: SECRET }],
  ['a number of an unknown setting, as a text', { setting: 'vault', value: SECRET }],
]; // prettier-ignore

/** Names of fields that bear a secret. */
const NAMES = [
  'sid', 'csrf', 'xsrf', 'pw', 'userPw', 'user_pass', 'smscode', 'smsCode', 'masterkey', 'master_key', 'hmackey', 'seedphrase', 'pincode', 'resetcode',
  'authcode', 'dbpass', 'db_pass', 'smtppass', 'mailpass', 'passwordretype', 'passwordnew', 'passwordold', 'passwordcurrent', 'passwordplain',
  'passphraseconfirm', 'passwordverify', 'secretkeybase', 'privatekeypem', 'keymaterial', 'totpcode', 'backupcode', 'securitycode', 'cvccode', 'otpcode',
  'connect.sid', 'PHPSESSID', 'JSESSIONID', 'sig', 'x-amz-signature', 'passwordSalt', 'mnemonic', 'recoveryPhrase', 'sshKey', 'webhookKey', 'sessionKey',
  'accessCode', 'loginCode', 'emailCode', 'magicLink', 'resetLink', 'securityAnswer', 'creds', 'awsCreds', 'connectionString', 'basicAuth', 'cvn',
  'psk', 'wepKey', 'puk', 'hotp', 'aesKey', 'des_key', 'cipherKey', 'signKey', 'macKey', 'encKey', 'ocp-apim-subscription-key', 'x-functions-key', 'unseal_keys',
  'macaroon',
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
]; // prettier-ignore

const HARMLESS_VALUES: readonly unknown[] = [
  { name: 'color', value: 'red' }, { name: 'Ada', text: 'hello' }, { changedFields: ['password', 'email'] }, { methods: ['otp', 'sms'] },
  { configKey: 'orders.max_items', oldValue: 10, newValue: 50 }, { configKey: 'mail.enabled', newValue: 'yes' }, { setting: 'password_min_length', value: 12 },
  { name: 'password', required: true, minLength: 12 }, { entries: [['color', 'red']] }, { rawHeaders: ['Host', 'a.example'] }, { from: 'new', to: 'paid' },
  { d: 1, k: 'color', q: 'tea', p: 2 }, { kty: 'RSA', n: 'abc', e: 'AQAB' },
]; // prettier-ignore

const isSecretName = secretNameTest();

function shown(value: unknown): unknown {
  return new JsonNormalizer(isSecretName, new ByteBudget(64 * 1024)).normalize(value);
}

describe('no shape of a secret passes', () => {
  it.each(TEXTS.map(([what, text, secret]) => ({ what, text, secret: secret ?? secretIn(text) })))('in a text: $what', ({ text, secret }) => {
    expect(text).toContain(secret);
    expect(isHarmless(text)).toBe(false);
    const masked = maskSecrets(text);
    expect(masked).not.toContain(secret);
    expect(masked).toContain('[REDACTED]');
    expect(cleanText(masked)).toBe(masked);
  }); // prettier-ignore

  it.each(VALUES)('in a value: %s', (_what, details) => {
    expect(JSON.stringify(shown(details))).toContain('[REDACTED]');
    expect(JSON.stringify(shown(details))).not.toContain(SECRET);
  });

  it.each(NAMES)('under the name %s, in a value and in a text', (name) => {
    expect(shown({ [name]: SECRET })).toEqual({ [name]: '[REDACTED]' });
    expect(maskSecrets(`${name}=${SECRET}`)).toBe(`${name}=[REDACTED]`);
    expect(cleanText(`the ${name}: ${SECRET}`)).toBe(`the ${name}: [REDACTED]`);
  });

  it.each(['6200000000000000003', '62000000000000003', '620000000000000002'])('the card number %s of 17 to 19 digits', (start) => {
    const digits = withCheckDigit(start.slice(0, -1));
    expect(digits).toHaveLength(start.length);
    expect(cleanText(`paid with ${digits}.`)).toBe('paid with [REDACTED].');
    if (Number.isSafeInteger(Number(digits))) expect(isCardLikeNumber(Number(digits))).toBe(true);
  }); // prettier-ignore

  it('and there are at least 124 of them', () => {
    expect(TEXTS.length + VALUES.length).toBeGreaterThanOrEqual(124);
    expect(NAMES.length).toBeGreaterThanOrEqual(40);
  });
});

describe('what only looks like one stays', () => {
  it.each(HARMLESS_TEXTS)('%s', (text) => {
    expect(cleanText(text)).toBe(text);
  });

  it.each(HARMLESS_VALUES.map((value) => [JSON.stringify(value), value]))('%s', (_text, value) => {
    expect(shown(value)).toEqual(value);
  });
});

it('32 levels are kept, and the next one is cut', () => {
  const nested = (levels: number): unknown => (levels === 0 ? 'core' : { a: nested(levels - 1) });

  expect(JSON.stringify(shown(nested(32)))).toContain('core');
  expect(JSON.stringify(shown(nested(33)))).not.toContain('core');
  expect(JSON.stringify(shown(nested(33)))).toContain('[too deep]');
});

function secretIn(text: string): string {
  return text.includes(SECRET) ? SECRET : text.slice(-12).trim();
}

function withCheckDigit(start: string): string {
  let sum = 0;
  for (const [place, digit] of Array.from(start).reverse().entries()) {
    const doubled = Number(digit) * (place % 2 === 0 ? 2 : 1);
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return start + String((10 - (sum % 10)) % 10);
}
