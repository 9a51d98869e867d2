import type { ViewerConfig } from './config.js';

/** `code` is the code of the second factor. */
export interface Credentials {
  readonly email: string;
  readonly password: string;
  readonly code?: string;
}

/** Returns `undefined` if the application refuses the credentials. The code of a second factor goes to `<login>/mfa`. */
export async function signIn(
  { login }: ViewerConfig,
  { email, password, code }: Credentials,
): Promise<string | undefined> {
  const { accessToken, challengeToken } = await post(login, { email, password });
  if (accessToken !== undefined || challengeToken === undefined || code === undefined) return accessToken;
  return (await post(`${login}/mfa`, { challengeToken, code })).accessToken;
}

async function post(address: string, body: object): Promise<Readonly<Record<string, string | undefined>>> {
  const response = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.status >= 500) throw new TypeError(`${address} answered ${String(response.status)}`);
  if (!response.ok) return {};
  const json: unknown = await response.json();
  const texts = Object.entries(json ?? {}).filter(([, value]) => typeof value === 'string');
  return Object.fromEntries(texts);
}
