import type { StreamBatch, StreamedEvent } from '../stream-destination.js';
import { entriesOf } from './streamed-entries.js';

const LONGEST_SUBJECT = 180;
const LONGEST_VALUE = 1_000;
const LEVELS = ['informational', 'info', 'low', 'medium', 'warning', 'high', 'error', 'critical'];
/** Characters that break lines or headers, or change the direction of a text. */
const CONTROLS = /[\p{Cc}\p{Cf}\u2028\u2029]+/gu;

/**
 * Returns the subject and the text of the mail for a batch. The subject names the most severe event. A retry sends the same mail, because
 * the mail depends only on the batch.
 */
export function mailTextOf(
  batch: StreamBatch,
  service: string | undefined,
): Readonly<Record<'subject' | 'text', string>> {
  const entries = entriesOf(batch);
  const mostSevere = entries.toSorted((one, other) => rankOf(other) - rankOf(one))[0];
  const more = entries.length > 1 ? ` and ${entries.length - 1} more` : '';
  const of = service === undefined ? '' : ` (${lineOf(service)})`;
  const subject = mostSevere ? `[${levelOf(mostSevere)}] ${titleOf(mostSevere)}` : 'No event';
  const most = LONGEST_SUBJECT - more.length - of.length;
  return {
    subject: `${subject.length > most ? `${subject.slice(0, most - 1)}…` : subject}${more}${of}`,
    text: [...entries.map(textOf), footerOf(batch)].join('\n'),
  };
}

function textOf(entry: StreamedEvent): string {
  const { id, index, leafHash, event } = entry;
  const details: Readonly<Record<string, unknown>> = event.details;
  const { rule, group, matched, matchedCount, firstAt, lastAt } = details;
  const facts: readonly (readonly [string, unknown])[] = [
    ['Event type', event.type],
    ['Outcome', event.outcome],
    ['Time', event.occurredAt],
    ['Rule', rule],
    ['Tenant', event.tenantId],
    ['Group', isEmpty(group) ? undefined : group],
    ['Matched events', matchedCount],
    ['First', firstAt],
    ['Last', lastAt],
    ['Ids', Array.isArray(matched) ? matched.slice(0, 10).join(' ') : undefined],
    ['Actor', nameOf(event.actor)],
    ['Resource', event.resource && nameOf(event.resource)],
    ['Event', id],
    ['Place', index],
    ['Leaf hash', leafHash],
  ];
  const shown = facts.filter(([, value]) => value !== undefined && value !== null && value !== '');
  const lines = shown.map(([name, value]) => `${`${name}:`.padEnd(16)}${lineOf(value)}`);
  return [`[${levelOf(entry)}] ${titleOf(entry)}`, '', ...lines, ''].join('\n');
}

function footerOf({ stream, id }: StreamBatch): string {
  return [
    '-- ',
    `Sent by the stream ${stream} of nestjs-audit-ledger, batch ${id}.`,
    'To see an alert with its events: npx nestjs-audit-ledger alerts show <event>',
    '',
  ].join('\n');
}

function nameOf({ type, id }: { readonly type: string; readonly id?: string | null | undefined }): string {
  return id === undefined || id === null ? type : `${type} ${id}`;
}

function levelOf({ event }: StreamedEvent): string {
  const { level } = event.details as Readonly<Record<string, unknown>>;
  return typeof level === 'string' && LEVELS.includes(level) ? level : event.severity;
}

function rankOf(entry: StreamedEvent): number {
  return LEVELS.indexOf(levelOf(entry));
}

function titleOf({ event }: StreamedEvent): string {
  const { title } = event.details as Readonly<Record<string, unknown>>;
  const text = lineOf(typeof title === 'string' && title !== '' ? title : event.type);
  return event.type === 'alert_raised' ? text : `${event.type === text ? '' : `${event.type}: `}${text}`;
}

/** A group of an event's members is empty if it was erased, or if the stream sends no personal values. */
function isEmpty(group: unknown): boolean {
  return Object.keys(Object(group) as object).length === 0;
}

function lineOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const line = text.replaceAll(CONTROLS, ' ').trim();
  return line.length > LONGEST_VALUE ? `${line.slice(0, LONGEST_VALUE - 1)}…` : line;
}
