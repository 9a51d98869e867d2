import { memoize } from '../memoize.js';
import { isStringArray } from '../event/outcomes.js';

export const REDACTED = '[REDACTED]';

/** The endings are in lower case and without separators: `password` matches `new_password`. */
const SECRET_ENDINGS = [
  'password', 'passwd', 'passphrase', 'passcode', 'passwordhash', 'passworddigest', 'passwordconfirmation',
  'passwordconfirm', 'passwordrepeat', 'passwordagain', 'passwordverify', 'passwordretype', 'passwordnew', 'passwordold',
  'passwordcurrent', 'passwordplain', 'passphraseconfirm', 'secret', 'token', 'cookie', 'authorization', 'credential', 'apikey', 'accesskey', 'privatekey',
  'secretkey', 'secretkeybase', 'signingkey', 'encryptionkey', 'masterkey', 'hmackey', 'privatekeypem', 'seedphrase',
  'keymaterial', 'onetimecode', 'verificationcode', 'confirmationcode',
  'twofactorcode', 'mfacode', 'otpcode', 'totpcode', 'smscode', 'pincode', 'recoverycode', 'backupcode', 'resetcode',
  'authcode', 'authorizationcode', 'codeverifier', 'cardnumber', 'hashedpass', 'passwordsalt', 'passwordtext', 'passwordvalue', 'pwhash', 'pwdhash',
  'passhash', 'authheader', 'authorizationheader', 'cookieheader', 'secretvalue', 'tokenvalue', 'apikeyvalue', 'sharedkey', 'sharedaccesssignature', 'accountkey',
  'storagekey', 'sessionkey', 'authkey', 'servicekey', 'sshkey', 'gpgkey', 'pgpkey', 'rsakey', 'privkey', 'prvkey', 'webhookkey', 'deploykey', 'licensekey',
  'decryptionkey', 'symmetrickey', 'hmackeys', 'masterkeys', 'passkey', 'mnemonic', 'recoveryphrase', 'secretphrase', 'seedwords', 'recoverykey', 'unlockcode', 'accesscode',
  'logincode', 'emailcode', 'phonecode', 'activationcode', 'otc', 'magiclink', 'resetlink', 'logincookie', 'securityanswer', 'secretanswer',
  'socialsecuritynumber', 'ccnumber', 'cardno', 'cvvnumber', 'pinblock', 'trackdata', 'creds', 'connectionstring', 'samlresponse', 'clientassertion', 'creditcard', 'securitycode', 'cvvcode', 'cvccode', 'keydata',
  'databaseurl', 'dburl', 'sasurl', 'accountnumber', 'accountno', 'taxid', 'taxnumber', 'taxpayerid', 'vatid',
  'wepkey', 'aeskey', 'deskey', 'cipherkey', 'signkey', 'mackey', 'enckey', 'subscriptionkey', 'functionskey', 'unsealkey',
  'passwort', 'kennwort', 'motdepasse', 'contraseña', 'contrasena', 'senha', 'wachtwoord', 'lösenord', 'adgangskode', 'salasana', 'hasło', 'şifre',
  'пароль', 'パスワード', '密码', '密碼', '비밀번호',
]; // prettier-ignore

/** A short name matches only a separate word: `userPin`, but not `timespan`. */
const SECRET_WORDS = new Set([
  'pwd', 'jwt', 'bearer', 'otp', 'totp', 'pin', 'pan', 'cvv', 'cvc', 'cvn', 'ssn', 'iban', 'csrf', 'xsrf',
  'pw', 'psw', 'pswd', 'psk', 'puk', 'hotp', 'macaroon', 'dsn',
]); // prettier-ignore

/** These names match only as a whole, since harmless names such as `boardingPass` end in the same word. */
const SECRET_NAMES = new Set([
  ...[
    '', 'user', 'usr', 'db', 'database', 'smtp', 'imap', 'mail', 'email', 'ftp', 'sftp', 'ssh', 'redis', 'mysql', 'pg', 'postgres',
    'postgresql', 'mongo', 'mongodb', 'ldap', 'admin', 'root', 'login', 'my', 'new', 'old', 'current', 'proxy', 'rabbitmq', 'mq', 'amqp',
    'kafka', 'basic', 'auth', 'http', 'wifi', 'api', 'account', 'acct', 'app', 'client', 'service', 'system', 'sys', 'keystore', 'truststore',
  ].map((whose) => `${whose}pass`),
  'sid', 'connectsid', 'sess', 'sessid', 'phpsessid', 'jsessionid', 'aspnetsessionid', 'sig', 'xamzsignature', 'xgoogsignature', 'basicauth',
  'passe', 'auth', 'httpauth', 'securitypin', 'gitlabsession', 'laravelsession', 'rubysession',
]); // prettier-ignore

/** A test for secret names, which combines the default names with the application's names. */
export interface SecretNameTest {
  (name: string): boolean;
  /** The bare names of secrets whose last four characters are shown. */
  readonly lastFour?: ReadonlySet<string> | undefined;
  /** The names of fields whose texts are not masked by form, in their exact spelling: declared facts, and the columns of a key. */
  readonly excluded?: ReadonlySet<string> | undefined;
  /** Whether a field contains a number of tokens, unless the application names it as a secret. */
  readonly isTokenCount?: (name: string, value: unknown) => boolean;
}

/**
 * Makes a test for the names of secrets, with the default names, `extra` and `lastFour`. Ignores case and separators.
 *
 * @param shown the names that are not secret, in their exact spelling
 * @param excluded the names of fields whose texts are not masked by form, in their exact spelling
 */
export function createSecretNameTest(
  extra: readonly string[] = [],
  lastFour: ReadonlySet<string> = NO_NAMES,
  shown: ReadonlySet<string> = NO_NAMES,
  excluded: ReadonlySet<string> = NO_NAMES,
): SecretNameTest {
  const extras = new Set([...extra.map(normalizeName), ...lastFour].filter((name) => name !== ''));
  const test = memoize((input) => {
    if (shown.has(input)) return false;
    const name = getNameEnd(input).normalize('NFKC'); // full-width letters count as letters
    const bare = normalizeName(name);
    if (extras.has(bare) || SECRET_NAMES.has(bare)) return true;
    return endsWithSecretWord(bare) || isSecretWord(splitWords(name).at(-1) ?? '');
  });
  return Object.assign(test, {
    lastFour,
    excluded,
    isTokenCount: (name: string, value: unknown) =>
      isTokenCount(name, value) && !extras.has(normalizeName(getNameEnd(name))),
  });
}

const COUNT = /^\d{1,15}(?:\.\d+)?$/;

/** Whether a field contains a number of tokens, and no token: `max_tokens: 4096`. */
export function isTokenCount(name: string, value: unknown): boolean {
  const isNumber = typeof value === 'number' || (typeof value === 'string' && COUNT.test(value));
  return isNumber && normalizeName(getNameEnd(name)).endsWith('tokens');
}

const NO_NAMES: ReadonlySet<string> = new Set();

const MAX_NAME = 256;

/** Returns the last 256 characters of a name, which may come from data. */
export function getNameEnd(name: string): string {
  return name.slice(-MAX_NAME);
}

/** Returns a name in lower case and without separators. */
export function normalizeName(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

/** Whether a list names fields that a redaction can find: a path or a pattern would match no field. */
export function isFieldNameList(value: unknown): value is readonly string[] {
  return isStringArray(value) && value.every((name) => normalizeName(name) !== '' && !/[.*/\\[\]$]/.test(name));
}

/** Splits a name into its words, in lower case. */
export function splitWords(name: string): readonly string[] {
  return name.split(/[^\p{L}\p{N}]+|(?<=[a-z0-9])(?=[A-Z])/u).map((word) => word.toLowerCase());
}

function isSecretWord(word: string): boolean {
  return SECRET_WORDS.has(word) || SECRET_WORDS.has(toSingular(word));
}

/** Returns a word without a number or an `s` at its end. */
export function toSingular(word: string): string {
  return word.replace(/(?<!\d)\d+$|s$/, '');
}

function endsWithSecretWord(bare: string): boolean {
  const one = toSingular(bare);
  return SECRET_ENDINGS.some((ending) => bare.endsWith(ending) || one.endsWith(ending));
}
