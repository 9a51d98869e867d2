const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The path of a request as logs may keep it: the route that it matched, with the ids that are UUIDs. Whatever else a client
 * puts in the place of an id may name a person, and no erasure reaches a log. `undefined` where it matched no route.
 */
export function shownPath(url: string, route: string | undefined): string | undefined {
  const given = url.split('?', 1)[0]?.split('/') ?? [];
  return route
    ?.split('/')
    .map((part, nth) => (part.startsWith(':') && UUID.test(given[nth] ?? '') ? given[nth] : part))
    .join('/');
}
