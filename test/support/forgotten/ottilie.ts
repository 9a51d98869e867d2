/** The data of other persons must not contain any of these values. */
export const OTTILIE = {
  name: 'Ottilie Quändt',
  email: 'ottilie.quandt@example.com',
  workEmail: 'ottilie.quandt.at.work@example.net',
  ip: '203.0.113.99',
  userAgent: 'ottilie-browser/7.3',
  password: 'a rather long secret',
} as const;

export const OTTILIES_TEXT = `${OTTILIE.name}, ${OTTILIE.email}, from ${OTTILIE.ip}`;

export const OTTILIES_IDENTIFIERS: readonly string[] = [
  OTTILIE.email,
  OTTILIE.workEmail,
  OTTILIE.name,
  OTTILIE.ip,
  OTTILIE.userAgent,
];
