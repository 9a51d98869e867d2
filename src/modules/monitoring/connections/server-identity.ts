import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { hostOfServer } from './server-list.js';

/**
 * Checks a server's certificate against the configured servers. For a server given by its address, the NATS package passes no name, and
 * Node would check the name `localhost`.
 */
export function identityOf(servers: readonly string[]): typeof checkServerIdentity {
  const hosts = servers.map(hostOfServer);
  return (name, certificate) => {
    if (hosts.includes(name)) return checkServerIdentity(name, certificate);
    const errors = hosts.filter((host) => isIP(host) !== 0).map((host) => checkServerIdentity(host, certificate));
    return errors.includes(undefined) ? undefined : (errors[0] ?? new Error('the certificate is for another server'));
  };
}
