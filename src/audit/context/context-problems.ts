/** A header's name by RFC 9110. */
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;

/** Headers that already have a meaning for clients, proxies or this library, so that they cannot return a request's id. */
const TAKEN_HEADER = new RegExp(
  '^(?:accept|access-control|authorization|cache-control|clear-site-data|connection|content|cookie|date|etag|expect|' +
    'expires|forwarded|from|host|if|keep-alive|last-modified|link|location|max-forwards|origin|pragma|proxy|range|' +
    'referer|referrer-policy|refresh|retry-after|sec|server|set-cookie|strict-transport-security|te|trace(?:parent|state)|' +
    'trailer|transfer-encoding|upgrade|user-agent|vary|via|warning|www-authenticate|x-forwarded|x-real-ip)(?:$|-)',
  'i',
);

/** The options about the context; the declared types are only the caller's promise. */
interface ContextOptions {
  readonly correlationHeader?: unknown;
  readonly metadataProvider?: unknown;
  readonly requireActor?: unknown;
  readonly requireTenant?: unknown;
}

/** Lists the problems of the options. */
export function contextProblems(options: ContextOptions): readonly string[] {
  const { correlationHeader, metadataProvider } = options;
  const problems: string[] = [];
  if (correlationHeader !== undefined) {
    if (typeof correlationHeader !== 'string' || !HEADER_NAME.test(correlationHeader)) {
      problems.push(`correlationHeader is ${JSON.stringify(correlationHeader)}, not the name of a header`);
    } else if (TAKEN_HEADER.test(correlationHeader)) {
      problems.push(`correlationHeader is ${correlationHeader}, which has another meaning`);
    }
  }
  if (metadataProvider !== undefined && typeof metadataProvider !== 'function') {
    problems.push('metadataProvider is not a function');
  }
  for (const name of ['requireActor', 'requireTenant'] as const) {
    const asked = options[name];
    const isList = Array.isArray(asked) && asked.every((category) => typeof category === 'string');
    if (asked !== undefined && typeof asked !== 'boolean' && !isList) {
      problems.push(`${name} is not true, false or a list of categories`);
    }
  }
  return problems;
}
