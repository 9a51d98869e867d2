import { validateHeaderName, validateHeaderValue } from 'node:http';
import { z } from 'zod';
import {
  BOOLEAN,
  together,
  wholeNumber,
  type RawOptions,
  type ResolvedOptions,
} from '../../../audit/option-schemas.js';

const HTTPS = 'must be an https URL; http requires allowPrivateAddresses';

export const URL_TEXT = z.string(HTTPS);

/** The names of headers that say how a message is sent (RFC 9110, section 7.6.1) and to whom. The HTTP client sets them. */
const RESERVED_HEADER =
  /^(?:connection|content-length|expect|host|keep-alive|proxy-(?:authorization|connection)|te|trailer|transfer-encoding|upgrade)$/i;

export const HEADERS = z.custom<Readonly<Record<string, string>>>().superRefine((input, context) => {
  try {
    if (typeof input !== 'object') throw new TypeError('not an object');
    for (const [name, value] of Object.entries(input)) {
      validateHeaderName(name);
      validateHeaderValue(name, value); // throws unless the value is a text
    }
  } catch {
    context.addIssue('must be an object of names and texts, such as { authorization: "Bearer …" }');
    return;
  }
  const taken = Object.keys(input).find((name) => RESERVED_HEADER.test(name));
  if (taken !== undefined) context.addIssue(`must not contain ${taken}, which the HTTP client sets`);
});

/** The arguments of `refine` for a URL that must be https, unless the destination may be in the operator's network. */
export function requireHttps<Name extends 'url' | 'endpoint'>(name: Name) {
  const isHttps = (options: Readonly<Partial<Record<Name | 'allowPrivateAddresses', unknown>>>): boolean => {
    const url = options[name];
    const protocol = typeof url === 'string' && URL.canParse(url) ? new URL(url).protocol : undefined;
    if (url === undefined || protocol === 'https:') return true;
    return protocol === 'http:' && options.allowPrivateAddresses === true;
  };
  return [isHttps, together(name, HTTPS)] as const;
}

export const NETWORK = {
  /**
   * The milliseconds within which the server must answer: 100 to 300,000. Set this when the receiver needs longer for a batch, such as a
   * function that starts cold.
   */
  timeoutMs: wholeNumber(100, 300_000).default(15_000),
  /**
   * Whether the server may be in your own network, with a loopback, private or link-local address. Set this when the receiver is in your own
   * network, such as a collector beside the application.
   */
  allowPrivateAddresses: BOOLEAN.default(false),
  /**
   * The CA certificates for the server's certificate, in PEM. Default: Node's certificates. Set this when the certificate comes from your
   * company's own authority.
   */
  ca: z.string('must be certificates in PEM').optional(),
};

/** The options of every destination on the network. */
export type NetworkOptions = RawOptions<typeof NETWORK>;
export type Network = ResolvedOptions<typeof NETWORK>;

export const HTTP = {
  /** The URL: `https:`, or `http:` with `allowPrivateAddresses`. */
  url: URL_TEXT,
};

/** The options of every destination over HTTP. */
export interface HttpOptions extends NetworkOptions, RawOptions<typeof HTTP> {}
