import { compilePattern, type CompiledPattern } from './compile-pattern.js';

/** The part of a request that names its host. */
export interface HostedRequest {
  /** The host by Express and Fastify, which follow their trust-proxy setting. */
  readonly hostname?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** The values of a host's parameters, as `@HostParam()` gives them. */
export type HostParams = Readonly<Record<string, string>>;

/**
 * Compiles the hosts of a `@Controller({ host })`: a text, an expression, or a list of them. Returns `undefined` for a controller without
 * hosts.
 */
export function compileHosts(host: unknown): readonly CompiledPattern[] | undefined {
  if (host === undefined || host === '') return undefined;
  return [host].flat().flatMap((each: unknown) => {
    if (each instanceof RegExp) return { pattern: each, parameters: [] };
    return typeof each === 'string' ? (compilePattern(each, { isCaseSensitive: false, isStrict: false }) ?? []) : [];
  });
}

/** Returns the parameters of the first host that matches the request; `undefined` if none matches. */
export function matchHosts(
  hosts: readonly CompiledPattern[] | undefined,
  request: HostedRequest,
): HostParams | undefined {
  if (!hosts) return {};
  const hostname = hostnameOf(request);
  for (const { pattern, parameters } of hosts) {
    const match = hostname.match(pattern);
    if (!match) continue;
    const named = parameters.map((name, index) => [name, match[index + 1]]);
    const found = [...named, ...Object.entries(match.groups ?? {})].filter(([, value]) => value !== undefined);
    return Object.fromEntries(found) as HostParams; // pairs of a name and a text
  }
  return undefined;
}

/** Returns the host name. Node's own request has only the header, with a port. */
function hostnameOf({ hostname, headers }: HostedRequest): string {
  return hostname ?? String(headers.host ?? '').replace(/:\d+$/, '');
}
