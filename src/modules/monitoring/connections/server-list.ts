const SERVER = /^(\[[\da-f:]+\]|[^\s:/@[\]]+):\d{1,5}$/i;

/** Returns what is wrong with a list of servers, each `host:port`. */
export function problemsOfServers(name: string, servers: unknown, example: string): readonly string[] {
  const isList = Array.isArray(servers) && servers.length > 0;
  if (isList && servers.every((server) => typeof server === 'string' && SERVER.test(server))) return [];
  return [`${name} must be a list such as ["${example}"]`];
}

/** The host of `host:port`; an IPv6 address loses its brackets. */
export function hostOfServer(server: string): string {
  return server.slice(0, server.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}
