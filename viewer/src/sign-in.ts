import type { ViewerConfig } from './config.js';
import { COOKIE_SESSION } from './session.js';

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** Whether the browser has a session cookie that the application accepts. The request is one that the ledger does not record. */
export async function isSignedIn({ api, logout, isPublic }: ViewerConfig): Promise<boolean> {
  if (logout === '' || !isPublic) return logout !== '';
  const response = await fetch(`${api}/state`).catch(() => undefined);
  return response?.status !== 401;
}

/** Returns `undefined` if the application refuses the credentials. */
export async function signIn({ login, logout }: ViewerConfig, credentials: Credentials): Promise<string | undefined> {
  const answer = await post(login, credentials);
  return answer && logout !== '' ? COOKIE_SESSION : answer?.accessToken;
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
