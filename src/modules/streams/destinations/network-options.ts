import { problemsOfNumber } from '../../monitoring/connections/option-problems.js';

/** What every destination that is reached over the network has. */
export interface NetworkOptions {
  /** How many milliseconds the server may take to answer: 100 to 300,000. @defaultValue 15000 */
  readonly timeoutMs?: number;
  /** Whether the server may be in your own network: loopback, private and link-local addresses. @defaultValue false */
  readonly allowPrivateAddresses?: boolean;
  /** Certificates that sign the server's, in PEM. Default: those of Node. */
  readonly ca?: string;
}

export const NETWORK_NAMES = { timeoutMs: true, allowPrivateAddresses: true, ca: true } as const;

/** The default time-out of a server. */
export const TIMEOUT_MS = 15_000;

/** Returns the problems of the options that all network destinations have. */
export function problemsOfNetwork({ timeoutMs, allowPrivateAddresses, ca }: NetworkOptions): readonly string[] {
  return [
    ...problemsOfNumber('timeoutMs', timeoutMs, [100, 300_000]),
    ...(allowPrivateAddresses === undefined || typeof allowPrivateAddresses === 'boolean'
      ? []
      : ['allowPrivateAddresses is neither true nor false']),
    ...(ca === undefined || typeof ca === 'string' ? [] : ['ca must be certificates in PEM']),
  ];
}
