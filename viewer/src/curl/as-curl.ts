/**
 * Writes a request as a shell command, with the token in a shell variable. A command `TOKEN=… curl …` would put the token into the history.
 *
 * @param url An absolute address.
 */
export function asCurl(url: string, method = 'GET', body?: unknown): string {
  const parts = ['curl --fail-with-body --globoff'];
  if (method !== 'GET') parts.push(`--request ${method}`);
  parts.push('--header "Authorization: Bearer $TOKEN"');
  if (body !== undefined)
    parts.push("--header 'Content-Type: application/json'", `--data ${quote(JSON.stringify(body))}`);
  parts.push(quote(url));
  return parts.join(' \\\n  ');
}

/** Quotes a text for a POSIX shell: between single quotes, no character has a special meaning. */
function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
