/** Canonical JSON (RFC 8785). @throws TypeError for values that JSON cannot express */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return canonicalText(value);
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value === 'boolean' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object') throw new TypeError(`${typeof value} is not JSON.`);
  // By default, sort() compares UTF-16 code units, as the RFC requires.
  const members = Object.keys(value)
    .sort()
    .map((name) => `${canonicalText(name)}:${canonicalJson((value as Record<string, unknown>)[name])}`); // these are the object's own names
  return `{${members.join(',')}}`;
}

function canonicalText(text: string): string {
  if (/\p{Surrogate}/u.test(text)) throw new TypeError('A text with a lone surrogate is not JSON.');
  return JSON.stringify(text);
}
