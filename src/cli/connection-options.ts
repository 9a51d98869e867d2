/** How the ledger is connected to, by a command's options. What is missing is found in the environment. */
export interface ConnectionOptions {
  readonly databaseUrl?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly user?: string | undefined;
  readonly database?: string | undefined;
  readonly passwordFile?: string | undefined;
  readonly sslMode?: string | undefined;
  readonly sslRootCert?: string | undefined;
  readonly sslCert?: string | undefined;
  readonly sslKey?: string | undefined;
  readonly dataSource?: string | undefined;
  readonly schema?: string | undefined;
}
