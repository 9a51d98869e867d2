/**
 * Writes a request as a shell command. The token is a variable of the shell: `TOKEN=… curl …` would put it into the history.
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

/** Quotes for a POSIX shell: between single quotes, no character is special. */
function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
