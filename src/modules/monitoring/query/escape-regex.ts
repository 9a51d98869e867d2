/** A text as a pattern that matches it alone, in JavaScript as in `like_regex` of PostgreSQL. */
export function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}
