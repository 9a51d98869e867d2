import type { ViewerConfig } from './config.js';

/** What the reader typed into a log-in form. `code` is the code of the second factor. */
export interface Credentials {
  readonly email: string;
  readonly password: string;
  readonly code?: string;
}

/**
 * Exchanges credentials for a token; `undefined` if the application refuses the credentials. For an account with a second factor, sends the
 * code to `<login>/mfa`.
 *
 * @throws TypeError if the application does not respond, or if it fails.
 */
export async function signIn(
  { login }: ViewerConfig,
  { email, password, code }: Credentials,
): Promise<string | undefined> {
  const { accessToken, challengeToken } = await post(login, { email, password });
  if (accessToken !== undefined || challengeToken === undefined || code === undefined) return accessToken;
  return (await post(`${login}/mfa`, { challengeToken, code })).accessToken;
}

async function post(address: string, body: object): Promise<Readonly<Record<string, string | undefined>>> {
  const answer = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
  });
  if (answer.status >= 500) throw new TypeError(`${address} answered ${String(answer.status)}`);
  if (!answer.ok) return {};
  const told: unknown = await answer.json();
  const texts = Object.entries(told ?? {}).filter(([, value]) => typeof value === 'string');
  return Object.fromEntries(texts);
}
