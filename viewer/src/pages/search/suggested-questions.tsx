import { useEffect, useId, useState } from 'preact/hooks';
import { toVisibleText } from '../../design/visible-text.js';
import { quote, formatTerm, setTimeRange } from '../../../../src/monitoring/read/query/search-language/query-text.js';
import { toHref } from '../../router.js';
import { summarizeEvent } from '../../summaries/summary.js';
import { formatNameWithId, toPlainWords } from '../../summaries/shown-names.js';
import type { SummaryWords } from '../../summaries/words.js';
import { useViewer, type Viewer } from '../../viewer-context.js';
import type { CountedGroup, EventOverview, FieldValues, ListedEvent } from './search-types.js';

const PAUSE_MS = 200;
const MIN_TYPED = 2;
/** Steps that people ask about. */
const ENDING = /cancel|delet|refund|remov|revok|reject/;
const EXCLUDED_TYPES = /^(user|session|alert|audit_.*)$/;

/** The query for who else read events about a person, or searched for them. */
export function buildReadsQuery(id: string): string {
  return `category:audit_access ${quote(id)} ${formatTerm('actor', id, true)}`;
}

/** Questions that the events of this ledger answer, and a form for all others. */
export function Questions(props: {
  readonly events: readonly ListedEvent[];
  readonly people: readonly CountedGroup[];
  /** Whether the questions are open at first; on a phone, the events come first. */
  readonly isOpen: boolean;
  readonly run: (text: string) => void;
}) {
  const { events, people, isOpen, run } = props;
  const { t, words } = useViewer();
  return (
    <section class="card questions-card" aria-label={t('questions.title')}>
      <details class="questions" open={isOpen}>
        <summary>{t('questions.title')}</summary>
        <ul>
          {suggestQuestions(events, people, t, words).map(([text, q]) => (
            <li key={q}>
              <a href={toHref({ page: 'search', params: { q } })}>{text}</a>
            </li>
          ))}
          <li>
            <a href={toHref({ page: 'state' })}>{t('questions.state')}</a>
          </li>
        </ul>
        <FindForm run={run} />
      </details>
    </section>
  );
}

function suggestQuestions(
  events: readonly ListedEvent[],
  people: readonly CountedGroup[],
  t: Viewer['t'],
  words: SummaryWords,
): readonly (readonly [text: string, query: string])[] {
  const candidates = events.filter(
    ({ resource, outcome }) =>
      resource?.id !== undefined && outcome === 'success' && !EXCLUDED_TYPES.test(resource.type),
  );
  const about = candidates.find(({ type }) => ENDING.test(type)) ?? candidates[0];
  const named = people.flatMap(({ value, name }) => (value === null || name === undefined ? [] : { value, name }));
  const [first, second = first] = named;
  return [
    ...(about?.resource === undefined
      ? []
      : [
          [
            formatWhoQuestion(about, t, words),
            formatTerm('resource', `${about.resource.type}/${about.resource.id ?? ''}`),
          ] as const,
        ]),
    [t('questions.failed'), 'since:-30d type:user_login_failed'],
    ...(first === undefined
      ? []
      : [[t('questions.person', { name: first.name }), formatTerm('actor', first.value)] as const]),
    ...(second === undefined
      ? []
      : [[t('questions.readers', { name: second.name }), buildReadsQuery(second.value)] as const]),
    [t('questions.past'), 'since:-30d type:row_changed_externally'],
  ];
}

/** For example: "Who cancelled order o-1?" */
function formatWhoQuestion(about: ListedEvent, t: Viewer['t'], words: SummaryWords): string {
  const event = { ...about, details: undefined, changes: {} };
  return `${toVisibleText(summarizeEvent({ ...event, actor: { type: 'user', name: t('questions.who') } }, words).text)}?`;
}

/** Each field is optional. Without a choice from its list, the text of a field becomes a word of the query. */
function FindForm({ run }: { readonly run: (text: string) => void }) {
  const { api, formats, t } = useViewer();
  const [who, setWho] = useState('');
  const [what, setWhat] = useState('');
  const [from, setFrom] = useState('');
  const [until, setUntil] = useState('');
  const people = usePicks(who, async (prefix, signal) => {
    const params = { field: 'actorId', prefix, limit: 10 };
    const { values } = await api.get<FieldValues>('/values', params, signal);
    return values.map(({ value, name }) => ({
      label: formatNameWithId(name, value),
      term: formatTerm('actor', value),
    }));
  });
  const records = usePicks(what, async (q, signal) => {
    const params = { q, by: 'resource', names: 'true', groups: 10, from: '-365d', 'category[ne]': 'audit_access' };
    const { counts } = await api.get<EventOverview>('/stats/overview', params, signal);
    return (counts.resource?.groups ?? []).flatMap(({ value, name }) => {
      const [type = '', id] = value?.split(/\/(.*)/s) ?? [];
      if (value === null || id === undefined) return [];
      return {
        label: `${toPlainWords(type)} ${name === undefined ? id : formatNameWithId(name, id)}`,
        term: formatTerm('about', value),
      };
    });
  });
  const instant = (date: string, days: number) => {
    if (date === '') return undefined;
    const midnight = new Date(`${date}T00:00${formats.timeZone === 'UTC' ? 'Z' : ''}`);
    return new Date(midnight.setDate(midnight.getDate() + days)).toISOString().replace(':00.000Z', 'Z');
  };
  const day = (label: string, value: string, set: (date: string) => void) => (
    <label class="field">
      {label}
      <input class="input" type="date" value={value} onInput={({ currentTarget }) => set(currentTarget.value)} />
    </label>
  );
  return (
    <form
      class="find-form"
      onSubmit={(event) => {
        event.preventDefault();
        const terms = [
          people.find(({ label }) => label === who)?.term ?? (who === '' ? '' : formatTerm('who', who)),
          records.find(({ label }) => label === what)?.term ?? quote(what.trim()),
        ].filter((term) => term !== '' && term !== '""');
        run(setTimeRange(terms.join(' '), instant(from, 0), instant(until, 1)));
      }}
    >
      <PickField label={t('questions.actor')} text={who} setText={setWho} picks={people} />
      <PickField label={t('questions.record')} text={what} setText={setWhat} picks={records} />
      {day(t('questions.from'), from, setFrom)}
      {day(t('questions.until'), until, setUntil)}
      <button type="submit" class="button is-small">
        {t('questions.find')}
      </button>
    </form>
  );
}

interface Pick {
  readonly label: string;
  readonly term: string;
}

function PickField(props: {
  readonly label: string;
  readonly text: string;
  readonly setText: (text: string) => void;
  readonly picks: readonly Pick[];
}) {
  const { label, text, setText, picks } = props;
  const { t } = useViewer();
  const id = useId();
  return (
    <label class="field">
      {label}
      <input
        class="input"
        list={id}
        value={text}
        placeholder={t('questions.hint')}
        autocomplete="off"
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
      <datalist id={id}>
        {picks.map(({ label: each, term }) => (
          <option key={term} value={each} />
        ))}
      </datalist>
    </label>
  );
}

/** The picks for the text. The earlier ones stay while they are loaded, and when one of them is chosen. */
function usePicks(
  text: string,
  load: (text: string, signal: AbortSignal) => Promise<readonly Pick[]>,
): readonly Pick[] {
  const [picks, setPicks] = useState<readonly Pick[]>([]);
  useEffect(() => {
    if (text.trim().length < MIN_TYPED || picks.some(({ label }) => label === text)) return undefined;
    const controller = new AbortController();
    const timer = setTimeout(() => void load(text.trim(), controller.signal).then(setPicks, () => undefined), PAUSE_MS);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [text]);
  return picks;
}
