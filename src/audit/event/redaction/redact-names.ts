import { memoize } from '../memoize.js';

/** The text in place of a secret. */
export const REDACTED = '[REDACTED]';

/** Endings of names of secrets, in lower case and without separators: `password` matches `new_password`. */
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
  'wepkey', 'aeskey', 'deskey', 'cipherkey', 'signkey', 'mackey', 'enckey', 'subscriptionkey', 'functionskey', 'unsealkey',
  'passwort', 'kennwort', 'motdepasse', 'contraseña', 'contrasena', 'senha', 'wachtwoord', 'lösenord', 'adgangskode', 'salasana', 'hasło', 'şifre',
  'пароль', 'パスワード', '密码', '密碼', '비밀번호',
]; // prettier-ignore

/** Short names of secrets: they count only as a separate word, so `userPin` is one and `timespan` is not. */
const SECRET_WORDS = new Set([
  'pwd', 'jwt', 'bearer', 'otp', 'totp', 'pin', 'pan', 'cvv', 'cvc', 'cvn', 'ssn', 'iban', 'csrf', 'xsrf',
  'pw', 'psw', 'pswd', 'psk', 'puk', 'hotp', 'macaroon',
]); // prettier-ignore

/** Names of secrets that count only as a whole: at the end of another name they mean something else, as in `boardingPass`. */
const SECRET_NAMES = new Set([
  ...[
    '', 'user', 'usr', 'db', 'database', 'smtp', 'imap', 'mail', 'email', 'ftp', 'sftp', 'ssh', 'redis', 'mysql', 'pg', 'postgres',
    'postgresql', 'mongo', 'mongodb', 'ldap', 'admin', 'root', 'login', 'my', 'new', 'old', 'current', 'proxy', 'rabbitmq', 'mq', 'amqp',
    'kafka', 'basic', 'auth', 'http', 'wifi', 'api', 'account', 'acct', 'app', 'client', 'service', 'system', 'sys', 'keystore', 'truststore',
  ].map((whose) => `${whose}pass`),
  'sid', 'connectsid', 'sess', 'sessid', 'phpsessid', 'jsessionid', 'aspnetsessionid', 'sig', 'xamzsignature', 'xgoogsignature', 'basicauth',
  'passe', 'httpauth', 'securitypin', 'gitlabsession', 'laravelsession', 'rubysession',
]); // prettier-ignore

/** Names of counts that end like a secret. */
const NO_SECRETS = new Set(['remainingtokens']);

/** Whether a name is that of a secret; also knows which settings of the application are harmless. */
export interface SecretNameTest {
  (name: string): boolean;
  /** Bare names of settings whose values are not secrets, in addition to those recognised by their words. */
  readonly harmlessSettings?: ReadonlySet<string> | undefined;
  /** Bare names of secrets whose last four characters are shown. */
  readonly lastFour?: ReadonlySet<string> | undefined;
}

/**
 * Makes a test of field names that ignores case and separators, with the default list and the names of `extra` and `lastFour`.
 *
 * @param shown names that are exactly like this, and are not secret
 */
export function secretNameTest(
  extra: readonly string[] = [],
  harmlessSettings: ReadonlySet<string> = NONE,
  lastFour: ReadonlySet<string> = NONE,
  shown: ReadonlySet<string> = NONE,
): SecretNameTest {
  const extras = new Set([...extra.map(bareName), ...lastFour].filter((name) => name !== ''));
  const test = memoize((given) => {
    if (shown.has(given)) return false;
    const name = endOf(given).normalize('NFKC'); // full-width letters are letters
    const bare = bareName(name);
    if (extras.has(bare) || SECRET_NAMES.has(bare)) return true;
    return !NO_SECRETS.has(bare) && (bearsSecret(bare) || isSecretWord(lastWord(name)));
  });
  return Object.assign(test, { harmlessSettings, lastFour });
}

const NONE: ReadonlySet<string> = new Set();

const LONGEST_NAME = 256;

/** Returns the end of a name that no programmer chose, any other name as it is. */
export function endOf(name: string): string {
  return name.slice(-LONGEST_NAME);
}

/** Returns a name in lower case and without separators. */
export function bareName(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

function lastWord(name: string): string {
  return (name.split(/[^\p{L}\p{N}]+|(?<=[a-z0-9])(?=[A-Z])/u).at(-1) ?? '').toLowerCase();
}

function isSecretWord(word: string): boolean {
  return SECRET_WORDS.has(word) || SECRET_WORDS.has(singular(word));
}

/** Returns the singular: `passwords` and `password2` are passwords. */
function singular(word: string): string {
  return word.replace(/(?:\d+|s)$/, '');
}

function bearsSecret(bare: string): boolean {
  return SECRET_ENDINGS.some((ending) => bare.endsWith(ending) || singular(bare).endsWith(ending));
}
