/** The facts about the ledger in a format. */
export interface FormatSource {
  /** The name of the ledger, such as `audit.example.com/shop`. */
  readonly origin: string;
  /** The version of this package. */
  readonly version: string;
}

/** The name of the package, which the formats give as vendor and as product. */
export const PRODUCT = 'nestjs-audit-ledger';
