/** A command `TOKEN=… curl …` would put the token into the shell's history. */
export function formatCurl(url: string, method = 'GET', body?: unknown): string {
  const parts = ['curl --fail-with-body --globoff'];
  if (method !== 'GET') parts.push(`--request ${method}`);
  parts.push('--header "Authorization: Bearer $TOKEN"');
  if (body !== undefined)
    parts.push("--header 'Content-Type: application/json'", `--data ${quote(JSON.stringify(body))}`);
  parts.push(quote(url));
  return parts.join(' \\\n  ');
}

/** Between single quotes, a POSIX shell gives no character a special meaning. */
function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
