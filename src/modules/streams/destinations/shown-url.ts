/**
 * Removes the parts of a URL that may be secret: the user name and password, the query and the fragment. Returns any other value unchanged.
 */
export function shownUrl(value: unknown): unknown {
  if (typeof value !== 'string' || !/^https?:/i.test(value) || !URL.canParse(value)) return value;
  const { username, password, search, hash } = new URL(value);
  if (username === '' && password === '' && search === '' && hash === '') return value;
  return Object.assign(new URL(value), { username: '', password: '', search: '', hash: '' }).href;
}
