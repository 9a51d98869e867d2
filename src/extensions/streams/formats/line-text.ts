import { canonicalJson, hasCode } from '../../../audit/nest-free.js';
import type { LedgerEvent } from '../../../monitoring/read/query/ledger-event.js';

const LINE_BREAK = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/g;

// eslint-disable-next-line no-control-regex -- it matches control characters
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

/** Replaces line breaks with `lineBreak`, tabs with spaces, and other control characters and lone surrogates with U+FFFD. */
export function toSingleLine(text: string, lineBreak: string): string {
  return text.toWellFormed().replace(LINE_BREAK, lineBreak).replaceAll('\t', ' ').replace(CONTROL, '\ufffd');
}

/** Cuts a text to at most `limit` UTF-16 code units, without splitting a surrogate pair. */
export function cutText(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const last = text.charCodeAt(limit - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit);
}

/** Returns the canonical JSON (RFC 8785) of a value. Members that are `undefined` are left out, and U+FFFD replaces lone surrogates. */
export function canonicalLine(value: unknown): string {
  try {
    return canonicalJson(value);
  } catch (error) {
    if (!hasCode(error, 'AUDIT_JSON_NOT_CANONICAL')) throw error;
    return canonicalJson(replaceLoneSurrogates(value));
  }
}

function replaceLoneSurrogates(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (Array.isArray(value)) return value.map((item) => (item === undefined ? null : replaceLoneSurrogates(item)));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name.toWellFormed(), replaceLoneSurrogates(member)]));
}

export interface FormatSource {
  /** The name of the ledger, such as `audit.example.com/shop`. */
  readonly origin: string;
  readonly version: string;
}

/** The vendor and the product in the formats. */
export const PRODUCT = 'nestjs-audit-ledger';

/** Describes an event in one sentence: the action, the actor and the resource. */
export function describeEvent({ type, outcome, actor, resource, reason }: LedgerEvent): string {
  const who = actor.name ?? actor.id;
  const what = resource && [resource.type, resource.id].filter((part) => part !== undefined).join(' ');
  return [
    `${type} (${outcome}) by ${who === undefined ? actor.type : `${actor.type} ${who}`}`,
    ...(what === undefined ? [] : [`on ${what}`]),
    ...(reason === undefined ? [] : [`because ${reason}`]),
  ].join(' ');
}
