export type ShownValue =
  | { readonly kind: 'absent' }
  | { readonly kind: 'redacted' }
  | { readonly kind: 'masked'; readonly text: string }
  | { readonly kind: 'digest'; readonly text: string }
  | { readonly kind: 'erased' }
  | { readonly kind: 'value'; readonly text: string; readonly type: 'text' | 'number' | 'boolean' | 'null' | 'json' };

const REDACTED = '[REDACTED]';
const LAST_FOUR = /^\*{4}[^*]{1,4}$/u;
const DIGEST = /^(?:sha256|hmac-sha256):[0-9a-f]{16,128}$/;

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
