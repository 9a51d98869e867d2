/** What settings and features are called. The tables' constraints say the same. */
export const NAME = /^[a-z][a-z0-9_.-]{0,63}$/;
export const NAME_RULE = 'must be 1 to 64 lower-case letters, digits and _ . -, a letter first';
