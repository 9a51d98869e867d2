/** A URL without what may be a secret of it: a password before its host, its query and its fragment. Any other value stays. */
export function shownUrl(value: unknown): unknown {
  if (typeof value !== 'string' || !/^https?:/i.test(value) || !URL.canParse(value)) return value;
  const { username, password, search, hash } = new URL(value);
  if (username === '' && password === '' && search === '' && hash === '') return value;
  return Object.assign(new URL(value), { username: '', password: '', search: '', hash: '' }).href;
}
