import { amountOf, soughtIn } from '../../../src/monitoring/read/query/search-language/shown-details.js';
import { moneyOf } from './money.js';
import { nameWithId, plainWords, shortId, type ShownNames } from './shown-names.js';
import type { SentenceWords } from './words.js';

export interface SentenceResource {
  readonly type: string;
  readonly id?: string;
  readonly name?: string;
}

/** All values are untrusted. */
export interface SentenceEvent {
  readonly type: string;
  readonly action?: string;
  readonly outcome?: string;
  readonly actor?: {
    readonly type: string;
    readonly id?: string;
    readonly name?: string;
    readonly onBehalfOf?: { readonly type: string; readonly id: string };
  };
  readonly resource?: SentenceResource;
  readonly reason?: string;
  readonly error?: { readonly name?: string; readonly code?: string; readonly message?: string };
  readonly details?: unknown;
  readonly changes?: { readonly before?: unknown; readonly after?: unknown; readonly diff?: unknown };
  readonly names?: ShownNames;
}

/** `figures` say what a field became, or an amount. */
export type SentenceKind = 'actor' | 'verb' | 'resource' | 'detail' | 'outcome' | 'figures' | 'reason' | 'mark';

/** Only `verb` and `mark` are the viewer's own words; pieces of any other kind are untrusted. */
export interface SentencePart {
  readonly kind: SentenceKind;
  readonly text: string;
}

export interface Sentence {
  readonly parts: readonly SentencePart[];
  readonly text: string;
}

const MOST_REASON_CHARACTERS = 160;
const MOST_NAME_CHARACTERS = 80;
const MOST_NAMED_FIELDS = 2;
const MOST_FIGURE_CHARACTERS = 40;

export function sentenceOf(event: SentenceEvent, words: SentenceWords): Sentence {
  const parts: SentencePart[] = [{ kind: 'actor', text: actorName(event.actor, words, event.names) }];
  const principal = event.actor?.onBehalfOf;
  if (principal) {
    parts.push(
      { kind: 'mark', text: ` (${words.onBehalfOf} ` },
      { kind: 'detail', text: nameWithId(cutName(event.names?.onBehalfOf), principal.id) },
      { kind: 'mark', text: ')' },
    );
  }
  const [outcome, figures, reason] = [outcomeOf(event, words), figuresOf(event), reasonOf(event, words)];
  parts.push(...doingOf(event, words), ...outcome, ...figures);
  if (reason !== undefined) {
    const isAfterOutcome = outcome.length > 0 && figures.length === 0;
    parts.push({ kind: 'mark', text: isAfterOutcome ? ': ' : ' · ' }, { kind: 'reason', text: reason });
  }
  return { parts, text: parts.map(({ text }) => text).join('') };
}

export function actorName(actor: SentenceEvent['actor'], words: SentenceWords, names?: ShownNames): string {
  const name = cutName(actor?.name) ?? cutName(names?.actor);
  if (name !== undefined) return name;
  const type = words.actorTypes[actor?.type ?? ''] ?? plainWords(actor?.type ?? '');
  if (actor?.id !== undefined && actor.id !== '') {
    const id = shortId(actor.id);
    return actor.type === 'anonymous' || actor.type === 'system' || id.includes('@') ? id : `${type} ${id}`;
  }
  if (actor?.type === 'system') return words.system;
  return actor === undefined || actor.type === 'anonymous' ? words.anonymous : type;
}

export function resourceName({ type, id = '', name }: SentenceResource, names?: ShownNames): string {
  const shown = cutName(name) ?? cutName(names?.resource);
  const words = id === '' ? shown : nameWithId(shown, id);
  return [plainWords(type), words].filter((part) => part !== undefined).join(' ');
}

function cutName(name = ''): string | undefined {
  return name.trim() === '' ? undefined : cut(name, MOST_NAME_CHARACTERS);
}

export function outcomeName(outcome: string, words: SentenceWords): string {
  return words.outcomes[outcome] ?? plainWords(outcome);
}

export function termOf(name: string, { terms }: SentenceWords): string {
  return Object.hasOwn(terms, name) ? (terms[name] ?? name) : plainWords(name);
}

function doingOf(event: SentenceEvent, words: SentenceWords): SentencePart[] {
  const template = templateOf(event, words);
  if (template === undefined) return unknownDoing(event);
  const [infinitive = '', past = '', rest = ''] = template.split('/');
  const after = rest === '' ? '' : ` ${rest}`;
  const isDone = event.outcome === undefined || event.outcome === 'success' || event.outcome === 'partial';
  return fill((isDone ? ` ${past}` : ` ${words.tried}${infinitive}`) + after, event, words);
}

function templateOf({ action, type, details }: SentenceEvent, { actions, kinds }: SentenceWords): string | undefined {
  for (const name of [`${action ?? type} ${detailOf(details, ['operation']) ?? ''}`, action, type]) {
    if (name !== undefined && Object.hasOwn(actions, name)) return actions[name];
  }
  const kind = wordsOf(action).at(-1) ?? '';
  return Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
}

function wordsOf(name = ''): readonly string[] {
  return plainWords(name).split(' ');
}

/** No catalogue contains the action, such as "invoice_exported", so the words of the action's name describe the event. */
function unknownDoing(event: SentenceEvent): SentencePart[] {
  const parts: SentencePart[] = [
    { kind: 'mark', text: ': ' },
    { kind: 'detail', text: plainWords(event.type) },
  ];
  if (event.resource) {
    parts.push({ kind: 'mark', text: ', ' }, { kind: 'resource', text: resourceName(event.resource, event.names) });
  }
  return parts;
}

/** For example: " · status: paid → shipped". */
function figuresOf({ details, changes, names }: SentenceEvent): SentencePart[] {
  const diff: readonly unknown[] = Array.isArray(changes?.diff) ? changes.diff : [];
  const beside = [changes?.after, changes?.before, details];
  const became = diff.map((entry) => becameOf(entry, beside)).filter((text) => text !== undefined);
  const amount = became.length > 0 ? undefined : (moneyIn(details) ?? amountOf(details)); // if fields changed, the changes contain the amount
  const figures = [
    ...became.slice(0, MOST_NAMED_FIELDS),
    ...(became.length > MOST_NAMED_FIELDS ? [`+${became.length - MOST_NAMED_FIELDS}`] : []),
    ...(amount === undefined ? [] : [cut(amount, MOST_NAME_CHARACTERS)]),
    ...soughtIn(details)
      .slice(0, MOST_NAMED_FIELDS)
      .map(([name, value]) =>
        cut(`${name}: ${name === 'about' ? recordNamed(value, names?.about) : value}`, MOST_NAME_CHARACTERS),
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
  return name === undefined ? record : resourceName({ type, id, name });
}

/** For example: "total €9.50". */
function moneyIn(details: unknown): string | undefined {
  for (const [name, value] of Object.entries(typeof details === 'object' && details !== null ? details : {})) {
    const money = moneyOf(name, value, [details]);
    if (money !== undefined) return `${plainWords(name.replace(/_?(cents|minor)$/i, ''))} ${money}`.trim();
  }
  return undefined;
}

function becameOf(entry: unknown, beside: readonly unknown[]): string | undefined {
  const field = fieldOf(entry);
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
      ? ((isNested ? undefined : moneyOf(field, value, beside)) ?? cut(String(value), MOST_FIGURE_CHARACTERS))
      : undefined;
  });
  const isShown = field !== '' && before !== undefined && after !== undefined && before !== after; // long texts may begin alike
  return isShown ? `${field}: ${before} → ${after}` : undefined;
}

function outcomeOf({ outcome = 'success' }: SentenceEvent, words: SentenceWords): SentencePart[] {
  return outcome === 'success' || outcome === 'attempted'
    ? []
    : [
        { kind: 'mark', text: ' · ' },
        { kind: 'outcome', text: outcomeName(outcome, words) },
      ];
}

function reasonOf({ reason, error, outcome, details }: SentenceEvent, words: SentenceWords): string | undefined {
  const shown =
    reason ?? (outcome === 'success' ? undefined : (detailOf(details, ['reason']) ?? error?.code ?? error?.message));
  if (shown === undefined || shown.trim() === '') return undefined;
  return cut(/^[A-Za-z0-9]+(_[A-Za-z0-9]+)*$/.test(shown) ? termOf(shown, words) : shown, MOST_REASON_CHARACTERS);
}

function fill(template: string, event: SentenceEvent, words: SentenceWords): SentencePart[] {
  const parts: SentencePart[] = [];
  for (const [, verb = '', hole] of template.matchAll(/([^{]*)(?:\{([^{}]*)\})?/g)) {
    if (verb !== '') parts.push({ kind: 'verb', text: verb });
    if (hole !== undefined) parts.push(...fillHole(hole, event, words));
  }
  return parts;
}

function fillHole(hole: string, event: SentenceEvent, words: SentenceWords): SentencePart[] {
  const colon = hole.indexOf(':');
  const [names, otherwise] = colon === -1 ? [hole, ''] : [hole.slice(0, colon), hole.slice(colon + 1)];
  if (names === 'changed') return changedFields(event, words);
  if (names === 'x') return [namedHole(event, words)];
  const bar = otherwise.indexOf('|');
  const [before, without] = bar === -1 ? ['', otherwise] : [otherwise.slice(0, bar), otherwise.slice(bar + 1)];
  const isSelf = names === 'r' && isOwnAccount(event);
  if (isSelf) return before === '' ? [{ kind: 'resource', text: words.self }] : [];
  const filled = detailHole(event, names) ?? (/(?:^|,)r$/.test(names) ? resourceHole(event) : undefined);
  if (!filled) return without === '' ? [] : [{ kind: 'verb', text: without }];
  return before === '' ? [filled] : [{ kind: 'verb', text: before }, filled];
}

function resourceHole({ resource, names }: SentenceEvent): SentencePart | undefined {
  return resource?.id === undefined ? undefined : { kind: 'resource', text: resourceName(resource, names) };
}

function namedHole(event: SentenceEvent, words: SentenceWords): SentencePart {
  const noun = wordsOf(event.action).slice(0, -1).join(' ');
  return resourceHole(event) ?? { kind: 'verb', text: words.withArticle(noun || '…') };
}

function isOwnAccount({ resource, actor }: SentenceEvent): boolean {
  return (
    resource?.id !== undefined && resource.id === actor?.id && ['user', 'users', 'account'].includes(resource.type)
  );
}

function detailHole({ details, resource }: SentenceEvent, given: string): SentencePart | undefined {
  const names = given.split(',').filter((name) => name !== 'r');
  const value = (names[0] === 'id' ? resource?.id : undefined) ?? detailOf(details, names);
  return value === undefined ? undefined : { kind: 'detail', text: cut(value, MOST_NAME_CHARACTERS) };
}

function detailOf(details: unknown, names: readonly string[]): string | undefined {
  if (typeof details !== 'object' || details === null) return undefined;
  for (const name of names) {
    const value: unknown = Object.hasOwn(details, name) ? (details as Record<string, unknown>)[name] : undefined;
    if ((typeof value === 'string' && value !== '') || typeof value === 'number') return String(value);
  }
  return undefined;
}

/** For example: "status and total of ". */
function changedFields({ changes }: SentenceEvent, words: SentenceWords): SentencePart[] {
  const diff: readonly unknown[] = Array.isArray(changes?.diff) ? changes.diff : [];
  const fields = [...new Set(diff.map(fieldOf).filter((field) => field !== ''))];
  if (fields.length === 0) return [];
  const rest = fields.length - MOST_NAMED_FIELDS;
  const named = rest > 0 ? [...fields.slice(0, MOST_NAMED_FIELDS), `${rest}${words.more}`] : fields;
  const last = named.pop() ?? '';
  const text = named.length === 0 ? last : named.join(', ') + words.and + last;
  return [
    { kind: 'detail', text },
    { kind: 'verb', text: words.of },
  ];
}

function fieldOf(entry: unknown): string {
  if (typeof entry !== 'object' || entry === null || !('path' in entry) || typeof entry.path !== 'string') return '';
  return cut(entry.path.split('/')[1] ?? '', MOST_NAME_CHARACTERS)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~');
}

function cut(text: string, most: number): string {
  const characters = Array.from(text.slice(0, most * 2));
  return characters.length > most || text.length > most * 2 ? `${characters.slice(0, most).join('')}…` : text;
}
