import type { ViewerConfig } from './config.js';
import { IN_COOKIE } from './session.js';

/** `code` is the code of the second factor. */
export interface Credentials {
  readonly email: string;
  readonly password: string;
  readonly code?: string;
}

/** Whether the browser has a session cookie that the application accepts. The request is one that the ledger does not record. */
export async function isSignedIn({ api, logout, isPublic }: ViewerConfig): Promise<boolean> {
  if (logout === '' || !isPublic) return logout !== '';
  const response = await fetch(`${api}/state`).catch(() => undefined);
  return response?.status !== 401;
}

/** Returns `undefined` if the application refuses the credentials. The code of a second factor goes to `<login>/mfa`. */
export async function signIn(
  { login, logout }: ViewerConfig,
  { email, password, code }: Credentials,
): Promise<string | undefined> {
  let answer = await post(login, { email, password });
  const challengeToken = answer?.challengeToken;
  if (challengeToken !== undefined)
    answer = code === undefined ? undefined : await post(`${login}/mfa`, { challengeToken, code });
  return answer && logout !== '' ? IN_COOKIE : answer?.accessToken;
}

/** Ends the session, and loads the page again, so that the tab keeps nothing of it. @throws TypeError if the application does not answer */
export async function signOut({ logout }: ViewerConfig): Promise<void> {
  if (logout !== '') await post(logout, {});
  globalThis.location.reload();
}

async function post(address: string, body: object): Promise<Readonly<Record<string, string | undefined>> | undefined> {
  const response = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.status >= 500) throw new TypeError(`${address} answered ${String(response.status)}`);
  if (!response.ok) return undefined;
  const json: unknown = await response.json().catch(() => undefined); // an answer with a cookie may be empty
  const texts = Object.entries(json ?? {}).filter(([, value]) => typeof value === 'string');
  return Object.fromEntries(texts);
}
