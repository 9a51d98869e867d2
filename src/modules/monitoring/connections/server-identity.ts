import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { hostOfServer } from './server-list.js';

/**
 * Checks a server's certificate against the servers that are given. The package of NATS leaves the name open for one that is given by its
 * address, and Node then checks the name `localhost`.
 */
export function identityOf(servers: readonly string[]): typeof checkServerIdentity {
  const hosts = servers.map(hostOfServer);
  return (name, certificate) => {
    if (hosts.includes(name)) return checkServerIdentity(name, certificate);
    const errors = hosts.filter((host) => isIP(host) !== 0).map((host) => checkServerIdentity(host, certificate));
    return errors.includes(undefined) ? undefined : (errors[0] ?? new Error('the certificate is for another server'));
  };
}
