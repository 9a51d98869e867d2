/** The words that the application itself uses for reasons, roles and states of orders. These words are not personal. An erasure keeps them. */
export const FACT_WORDS: readonly string[] = [
  'account_deactivation', 'duplicate_email',
  'last_admin_role', 'member_not_found', 'missing_role', 'not_a_member', 'not_found',
  'order_is_shipped', 'order_not_found', 'own_account',
  'product_not_found', 'session_required', 'sku_taken', 'store_not_found', 'token_expired', 'token_invalid',
  'unknown_user', 'user_not_found', 'user_request',
  'user', 'admin', 'auditor',
  'new', 'paid', 'shipped', 'canceled',
]; // prettier-ignore
