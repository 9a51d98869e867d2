/** The person who is to be forgotten: nobody else's data has any of it. */
export const OTTILIE = {
  name: 'Ottilie Quändt',
  email: 'ottilie.quandt@example.com',
  /** Of the account for a while. */
  otherEmail: 'o.quandt@example.org',
  /** Of a second account, made by an administrator. */
  workEmail: 'ottilie.quandt.at.work@example.net',
  ip: '203.0.113.99',
  userAgent: 'ottilie-browser/7.3',
  password: 'a rather long secret',
} as const;

/** What a client may write anywhere. */
export const OTTILIES_TEXT = `${OTTILIE.name}, ${OTTILIE.email}, from ${OTTILIE.ip}`;

/** What an erasure is told of the person besides the id. */
export const OTTILIES_IDENTIFIERS: readonly string[] = [
  OTTILIE.email,
  OTTILIE.otherEmail,
  OTTILIE.workEmail,
  OTTILIE.name,
  OTTILIE.ip,
  OTTILIE.userAgent,
];
