/** What a product may hold. Prices in cents. */
export const PRODUCT_LIMITS = {
  skuLength: 64,
  nameLength: 200,
  descriptionLength: 2_000,
  priceCents: 100_000_000,
  stock: 1_000_000_000,
} as const;

/** Without control characters and lone surrogates, which PostgreSQL's text cannot hold. Counted in code points, as there. */
export const SKU_PATTERN = new RegExp(`^[^\\p{Cc}\\p{Cs}]{1,${PRODUCT_LIMITS.skuLength}}$`, 'u');
