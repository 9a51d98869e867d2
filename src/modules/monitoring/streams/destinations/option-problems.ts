/** What is wrong with one of some words; nothing if it is absent. */
export function problemsOfWord(name: string, value: unknown, words: readonly string[]): readonly string[] {
  if (value === undefined || (typeof value === 'string' && words.includes(value))) return [];
  return [`${name} must be ${words.join(' or ')}`];
}

/** What is wrong with a text that must not be empty. */
export function problemsOfText(name: string, value: unknown): readonly string[] {
  return typeof value === 'string' && value !== '' ? [] : [`${name} must be a non-empty text`];
}

/** What is wrong with the URL of a server. */
export function problemsOfUrl(url: unknown, isHttpAllowed: unknown): readonly string[] {
  const parsed = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === 'https:' || (parsed?.protocol === 'http:' && isHttpAllowed === true)) return [];
  return ['url must be an https URL; http is for allowPrivateAddresses alone'];
}
