import { getAmount, listSearchTerms } from '../../../src/monitoring/read/query/search-language/shown-details.js';
import { formatMoney } from './money.js';
import { formatNameWithId, toPlainWords, shortenId, type DisplayNames } from './shown-names.js';
import type { SummaryWords } from './words.js';

export interface SummaryResource {
  readonly type: string;
  readonly id?: string;
  readonly name?: string;
}

/** All values are untrusted. */
export interface SummaryEvent {
  readonly type: string;
  readonly action?: string;
  readonly outcome?: string;
  readonly actor?: {
    readonly type: string;
    readonly id?: string;
    readonly name?: string;
    readonly onBehalfOf?: { readonly type: string; readonly id: string };
  };
  readonly resource?: SummaryResource;
  readonly reason?: string;
  readonly error?: { readonly name?: string; readonly code?: string; readonly message?: string };
  readonly details?: unknown;
  readonly changes?: { readonly before?: unknown; readonly after?: unknown; readonly diff?: unknown };
  readonly names?: DisplayNames;
}

/** `figures` say what a field became, or an amount. */
export type SummaryPartKind = 'actor' | 'verb' | 'resource' | 'detail' | 'outcome' | 'figures' | 'reason' | 'mark';

/** Only `verb` and `mark` are the viewer's own words; pieces of any other kind are untrusted. */
export interface SummaryPart {
  readonly kind: SummaryPartKind;
  readonly text: string;
}

export interface Summary {
  readonly parts: readonly SummaryPart[];
  readonly text: string;
}

const MAX_REASON_CHARACTERS = 160;
const MAX_NAME_CHARACTERS = 80;
const MAX_NAMED_FIELDS = 2;
const MAX_FIGURE_CHARACTERS = 40;

export function summarizeEvent(event: SummaryEvent, words: SummaryWords): Summary {
  const parts: SummaryPart[] = [{ kind: 'actor', text: formatActor(event.actor, words, event.names) }];
  const principal = event.actor?.onBehalfOf;
  if (principal) {
    parts.push(
      { kind: 'mark', text: ` (${words.onBehalfOf} ` },
      { kind: 'detail', text: formatNameWithId(cutName(event.names?.onBehalfOf), principal.id) },
      { kind: 'mark', text: ')' },
    );
  }
  const [outcome, figures, reason] = [buildOutcome(event, words), buildFigures(event), getReason(event, words)];
  parts.push(...buildPredicate(event, words), ...outcome, ...figures);
  if (reason !== undefined) {
    const isAfterOutcome = outcome.length > 0 && figures.length === 0;
    parts.push({ kind: 'mark', text: isAfterOutcome ? ': ' : ' · ' }, { kind: 'reason', text: reason });
  }
  return { parts, text: parts.map(({ text }) => text).join('') };
}

export function formatActor(actor: SummaryEvent['actor'], words: SummaryWords, names?: DisplayNames): string {
  const name = cutName(actor?.name) ?? cutName(names?.actor);
  if (name !== undefined) return name;
  const type = words.actorTypes[actor?.type ?? ''] ?? toPlainWords(actor?.type ?? '');
  if (actor?.id !== undefined && actor.id !== '') {
    const id = shortenId(actor.id);
    return actor.type === 'anonymous' || actor.type === 'system' || id.includes('@') ? id : `${type} ${id}`;
  }
  if (actor?.type === 'system') return words.system;
  return actor === undefined || actor.type === 'anonymous' ? words.anonymous : type;
}

export function formatResource({ type, id = '', name }: SummaryResource, names?: DisplayNames): string {
  const shown = cutName(name) ?? cutName(names?.resource);
  const words = id === '' ? shown : formatNameWithId(shown, id);
  return [toPlainWords(type), words].filter((part) => part !== undefined).join(' ');
}

function cutName(name = ''): string | undefined {
  return name.trim() === '' ? undefined : cut(name, MAX_NAME_CHARACTERS);
}

export function formatOutcome(outcome: string, words: SummaryWords): string {
  return words.outcomes[outcome] ?? toPlainWords(outcome);
}

export function getTerm(name: string, { terms }: SummaryWords): string {
  return Object.hasOwn(terms, name) ? (terms[name] ?? name) : toPlainWords(name);
}

function buildPredicate(event: SummaryEvent, words: SummaryWords): SummaryPart[] {
  const template = getTemplate(event, words);
  if (template === undefined) return buildUnknownPredicate(event);
  const [infinitive = '', past = '', rest = ''] = template.split('/');
  const after = rest === '' ? '' : ` ${rest}`;
  const isDone = event.outcome === undefined || event.outcome === 'success' || event.outcome === 'partial';
  return fillTemplate((isDone ? ` ${past}` : ` ${words.tried}${infinitive}`) + after, event, words);
}

function getTemplate({ action, type, details }: SummaryEvent, { actions, kinds }: SummaryWords): string | undefined {
  for (const name of [`${action ?? type} ${getDetail(details, ['operation']) ?? ''}`, action, type]) {
    if (name !== undefined && Object.hasOwn(actions, name)) return actions[name];
  }
  const kind = splitWords(action).at(-1) ?? '';
  return Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
}

function splitWords(name = ''): readonly string[] {
  return toPlainWords(name).split(' ');
}

/** No catalogue contains the action, such as "invoice_exported", so the words of the action's name describe the event. */
function buildUnknownPredicate(event: SummaryEvent): SummaryPart[] {
  const parts: SummaryPart[] = [
    { kind: 'mark', text: ': ' },
    { kind: 'detail', text: toPlainWords(event.type) },
  ];
  if (event.resource) {
    parts.push({ kind: 'mark', text: ', ' }, { kind: 'resource', text: formatResource(event.resource, event.names) });
  }
  return parts;
}

/** For example: " · status: paid → shipped". */
function buildFigures({ details, changes, names }: SummaryEvent): SummaryPart[] {
  const diff: readonly unknown[] = Array.isArray(changes?.diff) ? changes.diff : [];
  const context = [changes?.after, changes?.before, details];
  const became = diff.map((entry) => formatTransition(entry, context)).filter((text) => text !== undefined);
  const amount = became.length > 0 ? undefined : (findMoney(details) ?? getAmount(details)); // if fields changed, the changes contain the amount
  const figures = [
    ...became.slice(0, MAX_NAMED_FIELDS),
    ...(became.length > MAX_NAMED_FIELDS ? [`+${became.length - MAX_NAMED_FIELDS}`] : []),
    ...(amount === undefined ? [] : [cut(amount, MAX_NAME_CHARACTERS)]),
    ...listSearchTerms(details)
      .slice(0, MAX_NAMED_FIELDS)
      .map(([name, value]) =>
        cut(`${name}: ${name === 'about' ? recordNamed(value, names?.about) : value}`, MAX_NAME_CHARACTERS),
      ),
  ];
  if (figures.length === 0) return [];
  return [
    { kind: 'mark', text: ' · ' },
    { kind: 'figures', text: figures.join(', ') },
  ];
}

/** For example: "user Ada Lovelace (…d2e251)" for `user/<id>`. */
function recordNamed(record: string, name: string | undefined): string {
  const [type = '', id = ''] = record.split(/\/(.*)/s);
  return name === undefined ? record : formatResource({ type, id, name });
}

/** For example: "total €9.50". */
function findMoney(details: unknown): string | undefined {
  for (const [name, value] of Object.entries(typeof details === 'object' && details !== null ? details : {})) {
    const money = formatMoney(name, value, [details]);
    if (money !== undefined) return `${toPlainWords(name.replace(/_?(cents|minor)$/i, ''))} ${money}`.trim();
  }
  return undefined;
}

function formatTransition(entry: unknown, context: readonly unknown[]): string | undefined {
  const field = getFieldName(entry);
  const {
    path = '',
    from,
    to,
  } = (field === '' ? {} : entry) as Partial<Record<'from' | 'to', unknown>> & { path?: string }; // an entry with a path is an object
  const isNested = path.split('/').length > 2;
  const [before, after] = [from, to].map((value) => {
    if (value === undefined || value === null) return '–';
    const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return isPlain
      ? ((isNested ? undefined : formatMoney(field, value, context)) ?? cut(String(value), MAX_FIGURE_CHARACTERS))
      : undefined;
  });
  const isShown = field !== '' && before !== undefined && after !== undefined && before !== after; // long texts may begin alike
  return isShown ? `${field}: ${before} → ${after}` : undefined;
}

function buildOutcome({ outcome = 'success' }: SummaryEvent, words: SummaryWords): SummaryPart[] {
  return outcome === 'success' || outcome === 'attempted'
    ? []
    : [
        { kind: 'mark', text: ' · ' },
        { kind: 'outcome', text: formatOutcome(outcome, words) },
      ];
}

function getReason({ reason, error, outcome, details }: SummaryEvent, words: SummaryWords): string | undefined {
  const shown =
    reason ?? (outcome === 'success' ? undefined : (getDetail(details, ['reason']) ?? error?.code ?? error?.message));
  if (shown === undefined || shown.trim() === '') return undefined;
  return cut(/^[A-Za-z0-9]+(_[A-Za-z0-9]+)*$/.test(shown) ? getTerm(shown, words) : shown, MAX_REASON_CHARACTERS);
}

function fillTemplate(template: string, event: SummaryEvent, words: SummaryWords): SummaryPart[] {
  const parts: SummaryPart[] = [];
  for (const [, verb = '', hole] of template.matchAll(/([^{]*)(?:\{([^{}]*)\})?/g)) {
    if (verb !== '') parts.push({ kind: 'verb', text: verb });
    if (hole !== undefined) parts.push(...fillPlaceholder(hole, event, words));
  }
  return parts;
}

function fillPlaceholder(hole: string, event: SummaryEvent, words: SummaryWords): SummaryPart[] {
  const colon = hole.indexOf(':');
  const [names, otherwise] = colon === -1 ? [hole, ''] : [hole.slice(0, colon), hole.slice(colon + 1)];
  if (names === 'changed') return listChangedFields(event, words);
  if (names === 'x') return [fillName(event, words)];
  const bar = otherwise.indexOf('|');
  const [before, without] = bar === -1 ? ['', otherwise] : [otherwise.slice(0, bar), otherwise.slice(bar + 1)];
  const isSelf = names === 'r' && isOwnAccount(event);
  if (isSelf) return before === '' ? [{ kind: 'resource', text: words.self }] : [];
  const filled = fillDetail(event, names) ?? (/(?:^|,)r$/.test(names) ? fillResource(event) : undefined);
  if (!filled) return without === '' ? [] : [{ kind: 'verb', text: without }];
  return before === '' ? [filled] : [{ kind: 'verb', text: before }, filled];
}

function fillResource({ resource, names }: SummaryEvent): SummaryPart | undefined {
  return resource?.id === undefined ? undefined : { kind: 'resource', text: formatResource(resource, names) };
}

function fillName(event: SummaryEvent, words: SummaryWords): SummaryPart {
  const noun = splitWords(event.action).slice(0, -1).join(' ');
  return fillResource(event) ?? { kind: 'verb', text: words.withArticle(noun || '…') };
}

function isOwnAccount({ resource, actor }: SummaryEvent): boolean {
  return (
    resource?.id !== undefined && resource.id === actor?.id && ['user', 'users', 'account'].includes(resource.type)
  );
}

function fillDetail({ details, resource }: SummaryEvent, input: string): SummaryPart | undefined {
  const names = input.split(',').filter((name) => name !== 'r');
  const value = (names[0] === 'id' ? resource?.id : undefined) ?? getDetail(details, names);
  return value === undefined ? undefined : { kind: 'detail', text: cut(value, MAX_NAME_CHARACTERS) };
}

function getDetail(details: unknown, names: readonly string[]): string | undefined {
  if (typeof details !== 'object' || details === null) return undefined;
  for (const name of names) {
    const value: unknown = Object.hasOwn(details, name) ? (details as Record<string, unknown>)[name] : undefined;
    if ((typeof value === 'string' && value !== '') || typeof value === 'number') return String(value);
  }
  return undefined;
}

/** For example: "status and total of ". */
function listChangedFields({ changes }: SummaryEvent, words: SummaryWords): SummaryPart[] {
  const diff: readonly unknown[] = Array.isArray(changes?.diff) ? changes.diff : [];
  const fields = [...new Set(diff.map(getFieldName).filter((field) => field !== ''))];
  if (fields.length === 0) return [];
  const rest = fields.length - MAX_NAMED_FIELDS;
  const named = rest > 0 ? [...fields.slice(0, MAX_NAMED_FIELDS), `${rest}${words.more}`] : fields;
  const last = named.pop() ?? '';
  const text = named.length === 0 ? last : named.join(', ') + words.and + last;
  return [
    { kind: 'detail', text },
    { kind: 'verb', text: words.of },
  ];
}

function getFieldName(entry: unknown): string {
  if (typeof entry !== 'object' || entry === null || !('path' in entry) || typeof entry.path !== 'string') return '';
  return cut(entry.path.split('/')[1] ?? '', MAX_NAME_CHARACTERS)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~');
}

function cut(text: string, max: number): string {
  const characters = Array.from(text.slice(0, max * 2));
  return characters.length > max || text.length > max * 2 ? `${characters.slice(0, max).join('')}…` : text;
}
