/** The actions of legal holds. */
export const HOLD_ACTIONS = { placed: 'legal_hold_placement', released: 'legal_hold_release' } as const;
