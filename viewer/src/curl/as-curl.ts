/**
 * A request as a command for a shell. The token is a variable of that shell: `TOKEN=… curl …` would put it into the history.
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

/** For a POSIX shell: nothing between single quotes means anything but itself. */
function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
