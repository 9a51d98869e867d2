/** The one spelling of an e-mail address by which its account is found. */
export function normalizeEmail(email: string): string {
  return email.trim().toLowerCase();
}
