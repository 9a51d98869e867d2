/** Somebody's own words. Line breaks and tabs are welcome; other control characters and lone surrogates are not. */
export const REASON = /^(?:[^\p{Cc}\p{Cs}]|[\t\r\n]){1,500}$/u;
export const REASON_MESSAGE = 'reason must be 1 to 500 characters without control characters';
