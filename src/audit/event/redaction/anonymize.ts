import { createHmac } from 'node:crypto';
import { isIP } from 'node:net';
import { REDACTED, normalizeName, getNameEnd, toSingular } from '../../../base/secrets/redact-names.js';
import { foldText } from '../fold-text.js';
import { memoize } from '../../../base/memoize.js';

/** The rules to anonymise an event: the test for personal fields, and the pseudonyms of their values. */
export interface Anonymizer {
  readonly isPersonalName: (name: string) => boolean;
  /** Returns the pseudonym of a text. The pseudonym is that of all spellings that {@link foldText} folds. */
  readonly pseudonym: (text: string) => string;
}

const PSEUDONYM_PREFIX = 'psn_';

/**
 * Makes pseudonyms with HMAC-SHA-256: `psn_` and 43 characters of base64url. The pseudonym of an IP address is an address in 2001:db8::/32.
 * RFC 3849 reserves that range for documentation, and PostgreSQL's `inet` accepts it. Without a key, every pseudonym is `[REDACTED]`.
 */
export function createPseudonymizer(key: string | undefined): (text: string) => string {
  if (!key) return () => REDACTED;
  return (text) => {
    const one = foldText(text);
    const hash = createHmac('sha256', key).update(one).digest();
    return isIP(one) === 0 ? PSEUDONYM_PREFIX + hash.toString('base64url') : toPseudonymAddress(hash);
  };
}

/** RFC 3849 reserves 2001:db8::/32 for documentation. */
function toPseudonymAddress(hash: Buffer): string {
  const groups = Array.from({ length: 6 }, (_, index) => hash.readUInt16BE(index * 2).toString(16));
  return ['2001', 'db8', ...groups].join(':');
}

/** The endings are in lower case and without separators: `email` matches `customer_email`. */
const PERSONAL_ENDINGS = [
  'email', 'mail', 'emailaddress', 'username', 'loginname', 'nickname', 'firstname', 'lastname', 'fullname', 'surname',
  'givenname', 'familyname', 'middlename', 'maidenname', 'displayname', 'legalname', 'customername', 'contactname',
  'recipientname', 'phone', 'phonenumber', 'telephone', 'mobilenumber', 'birthdate', 'birthday', 'dateofbirth',
  'ipaddress', 'clientip', 'remoteip', 'useragent', 'homeaddress', 'postaladdress', 'streetaddress', 'billingaddress',
  'shippingaddress', 'deliveryaddress', 'passportnumber', 'nationalid', 'taxid', 'driverlicense',
]; // prettier-ignore

/** A name matches only as a whole: `name`, but not `fileName`. */
const PERSONAL_NAMES = new Set([
  'name', 'ip', 'login', 'mobile', 'fax', 'address', 'street', 'dob', 'gender', 'latitude', 'longitude', 'geolocation',
  'clientrequestid',
]); // prettier-ignore

/** Makes a test for the names of personal fields, with the default names and the `extra` names. Ignores case and separators. */
export function createPersonalNameTest(extra: readonly string[] = []): (name: string) => boolean {
  const extras = new Set(extra.map(normalizeName).filter((name) => name !== ''));
  return memoize((name) => {
    const bare = normalizeName(getNameEnd(name));
    return [bare, toSingular(bare), bare.replace(/es$/, '')].some(
      (one) => extras.has(one) || PERSONAL_NAMES.has(one) || PERSONAL_ENDINGS.some((ending) => one.endsWith(ending)),
    );
  });
}
