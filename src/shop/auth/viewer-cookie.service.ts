import { Injectable } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { AppConfig } from '../config/index.js';
import { SESSION_SECONDS } from './sessions.service.js';

const NAME = 'audit_session';
const READING: readonly string[] = ['GET', 'HEAD'];

/** The part of the response of Express or Fastify that sets a cookie. */
export interface CookieResponse {
  header(name: string, value: string): unknown;
}

interface CookieRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/**
 * Keeps the viewer logged in after a reload: the cookie has the access token. No script can read the cookie, and browsers send the cookie only to
 * the routes below `/audit`.
 */
@Injectable()
export class ViewerCookie {
  constructor(
    private readonly application: ApplicationConfig,
    private readonly config: AppConfig,
  ) {}

  set(response: CookieResponse, token: string, seconds = SESSION_SECONDS): void {
    const prefix = this.application.getGlobalPrefix().replace(/^\/?(?=.)/, '/');
    const path = `${this.config.AUDIT_VIEWER_BASE_PATH ?? ''}${prefix}/audit`;
    const secure = process.env.NODE_ENV === 'production' ? '; Secure' : '';
    const flags = `Path=${path}; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`;
    response.header('set-cookie', `${NAME}=${token}; ${flags}`);
  }

  clear(response: CookieResponse): void {
    this.set(response, '', 0);
  }
}

export function tokenInCookie({ headers }: CookieRequest): string | undefined {
  return new RegExp(`(?:^|;) *${NAME}=([^;]+)`).exec(String(headers.cookie))?.[1];
}

/**
 * Whether a page of another origin may have sent the request (cross-site request forgery). Browsers also send a `SameSite=Strict` cookie for pages
 * of another port or subdomain. Without HTTPS, browsers omit `Sec-Fetch-Site`, so the origin is compared.
 */
export function isPossiblyForged({ method, headers }: CookieRequest): boolean {
  const { 'sec-fetch-site': site, origin, host } = headers;
  if (READING.includes(method)) return false;
  if (site !== undefined) return site !== 'same-origin';
  return host === undefined || ![`http://${String(host)}`, `https://${String(host)}`].includes(String(origin));
}
