import { memoize } from '../memoize.js';
import { bareName, endOf } from './redact-names.js';

/** Endings of names of personal details, in lower case and without separators: `email` matches `customer_email`. */
const PERSONAL_ENDINGS = [
  'email', 'mail', 'emailaddress', 'username', 'loginname', 'nickname', 'firstname', 'lastname', 'fullname', 'surname',
  'givenname', 'familyname', 'middlename', 'maidenname', 'displayname', 'legalname', 'customername', 'contactname',
  'recipientname', 'phone', 'phonenumber', 'telephone', 'mobilenumber', 'birthdate', 'birthday', 'dateofbirth',
  'ipaddress', 'clientip', 'remoteip', 'useragent', 'homeaddress', 'postaladdress', 'streetaddress', 'billingaddress',
  'shippingaddress', 'deliveryaddress', 'passportnumber', 'nationalid', 'taxid', 'driverlicense',
]; // prettier-ignore

/** Names that are personal only as a whole, since they mean something else at the end of another: `name`, but not `fileName`. */
const PERSONAL_NAMES = new Set([
  'name', 'ip', 'login', 'mobile', 'fax', 'address', 'street', 'dob', 'gender', 'latitude', 'longitude', 'geolocation',
  'clientrequestid',
]); // prettier-ignore

/** Makes a test of field names that ignores case and separators, with the default list of personal details and `extra` names. */
export function personalNameTest(extra: readonly string[] = []): (name: string) => boolean {
  const extras = new Set(extra.map(bareName).filter((name) => name !== ''));
  return memoize((name) => {
    const bare = bareName(endOf(name));
    return [bare, bare.replace(/(?:\d+|s)$/, ''), bare.replace(/es$/, '')].some(
      (one) => extras.has(one) || PERSONAL_NAMES.has(one) || PERSONAL_ENDINGS.some((ending) => one.endsWith(ending)),
    );
  });
}
