const BEARER = /^bearer +(\S+) *$/i;

/** The token of an `Authorization: Bearer` header (RFC 6750); `undefined` for any other header, and for none. */
export function readBearerToken(authorization: string | string[] | undefined): string | undefined {
  return typeof authorization === 'string' ? BEARER.exec(authorization)?.[1] : undefined;
}
