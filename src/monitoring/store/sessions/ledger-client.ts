import pg from 'pg';
import type { InboxKeys } from '../inbox-keys.js';

export type AskPassword = (login: string) => string | Promise<string>;

/** The configuration of `pg.Client`, with an optional function that returns the password. */
export interface LedgerClientConfig extends pg.ClientConfig {
  readonly askPassword?: AskPassword | undefined;
}

/** The functions that return passwords, by address. Only a connection to exactly the same address uses the function. */
export const PASSWORDS = new Map<string, AskPassword>();

/** The keys for rows of the inbox, by address, as in {@link PASSWORDS}. */
export const WRITERS = new Map<string, InboxKeys>();

/**
 * A database client that gets its password from `askPassword`, if given, each time it connects. If `askPassword` is given, a password in
 * the connection URL is ignored.
 */
export class LedgerClient extends pg.Client {
  constructor(config: LedgerClientConfig = {}) {
    super(config);
    const { askPassword } = config;
    // The password function is set after pg's constructor, which would prefer even an empty password in the address.
    if (askPassword) Object.assign(this, { password: () => askPassword(this.user ?? '') });
  }
}
