/** The ways in which one side of a change can be shown. */
export type ShownValue =
  | { readonly kind: 'absent' }
  | { readonly kind: 'redacted' }
  /** A secret that was masked: only its last characters are visible. */
  | { readonly kind: 'masked'; readonly text: string }
  | { readonly kind: 'digest'; readonly text: string }
  | { readonly kind: 'erased' }
  | { readonly kind: 'value'; readonly text: string; readonly type: 'text' | 'number' | 'boolean' | 'null' | 'json' };

const REDACTED = '[REDACTED]';
const LAST_FOUR = /^\*{4}[^*]{1,4}$/u;
const DIGEST = /^(?:sha256|hmac-sha256):[0-9a-f]{16,128}$/;

/** Decides how to show a value of an event. `undefined` means that this side of the change is missing. */
export function shownValue(value: unknown): ShownValue {
  if (value === undefined) return { kind: 'absent' };
  if (value === null) return { kind: 'value', text: 'null', type: 'null' };
  if (typeof value === 'string') return shownText(value);
  if (typeof value === 'number' || typeof value === 'boolean') {
    return { kind: 'value', text: String(value), type: typeof value === 'number' ? 'number' : 'boolean' };
  }
  return { kind: 'value', text: JSON.stringify(value, null, 2), type: 'json' };
}

function shownText(text: string): ShownValue {
  if (text === REDACTED) return { kind: 'redacted' };
  if (LAST_FOUR.test(text)) return { kind: 'masked', text };
  if (DIGEST.test(text)) return { kind: 'digest', text };
  return { kind: 'value', text, type: 'text' };
}
