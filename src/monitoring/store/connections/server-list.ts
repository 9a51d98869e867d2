import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { z } from 'zod';

const SERVER = /^(\[[\da-f:]+\]|[^\s:/@[\]]+):\d{1,5}$/i;

/** Makes a schema for a list of servers, each `host:port`. */
export function serversOption(example: string) {
  const message = `must be a list such as ["${example}"]`;
  return z.array(z.string(message).regex(SERVER, message), message).min(1, message).readonly();
}

/** Returns the host of `host:port`. The brackets of an IPv6 address are removed. */
function parseHost(server: string): string {
  return server.slice(0, server.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}

/**
 * Returns a function that checks whether a certificate belongs to one of the configured servers. For a server with an IP address, the NATS
 * client passes no server name to Node.js. Node.js would then compare the certificate with the name `localhost`.
 */
export function createIdentityCheck(servers: readonly string[]): typeof checkServerIdentity {
  const hosts = servers.map(parseHost);
  return (name, certificate) => {
    if (hosts.includes(name)) return checkServerIdentity(name, certificate);
    const errors = hosts.filter((host) => isIP(host) !== 0).map((host) => checkServerIdentity(host, certificate));
    return errors.includes(undefined) ? undefined : (errors[0] ?? new Error('the certificate is for another server'));
  };
}
