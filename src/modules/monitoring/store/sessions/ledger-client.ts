import pg from 'pg';

/** Returns the password of a login. */
export type AskPassword = (login: string) => string | Promise<string>;

/** What a {@link LedgerClient} takes, besides what every client does. */
export interface LedgerClientConfig extends pg.ClientConfig {
  readonly askPassword?: AskPassword | undefined;
}

const ASKED = new Map<string, AskPassword>();

/** Has each connection to this very address ask for its password. */
export function askPasswordFor(connectionUrl: string, ask: AskPassword): void {
  ASKED.set(connectionUrl, ask);
}

/** Who is asked for the password of an address; `undefined` where the address has it. */
export function whoKnowsPassword(connectionUrl: string): AskPassword | undefined {
  return ASKED.get(connectionUrl);
}

/** A client that asks for its password when it connects, where somebody is to be asked. A password of its address is not used then. */
export class LedgerClient extends pg.Client {
  constructor(config: LedgerClientConfig = {}) {
    super(config);
    const { askPassword } = config;
    // After the constructor of pg, which takes the empty password of an address for one.
    if (askPassword) Object.assign(this, { password: () => askPassword(this.user ?? '') });
  }
}
