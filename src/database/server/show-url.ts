/**
 * The address as a person may see it: without the password, wherever it stands, and whether or not it parses.
 *
 * @returns the address with `***` for the password, of the authority and of the query.
 */
export function showUrl(url: string): string {
  const withoutQueryPassword = url.replace(/([?&\s]|^)(password=)[^&\s]*/gi, '$1$2***');
  // Greedy up to the last "@": a password with an unescaped "@" or "/" must not show its tail.
  return withoutQueryPassword.replace(/^([^:/]*:?\/\/)?(.*)@/s, (_whole, scheme: string | undefined, user: string) => {
    const name = user.split(':', 1)[0] ?? '';
    return `${scheme ?? ''}${name === user ? user : `${name}:***`}@`;
  });
}
