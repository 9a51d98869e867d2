import { Fragment } from 'preact';
import type { FilterPair } from '../../../../src/monitoring/read/query/search-language/to-filters.js';
import { parseQuery, type Term } from '../../../../src/monitoring/read/query/search-language/parse-query.js';
import { formatTerm } from '../../../../src/monitoring/read/query/search-language/query-text.js';
import { getPersonHref } from '../../events/links.js';
import { toHref } from '../../router.js';
import { toPlainWords } from '../../summaries/shown-names.js';
import { useRequest } from '../../use-request.js';
import { useViewer } from '../../viewer-context.js';
import { buildReadsQuery } from './suggested-questions.js';
import type { CountedGroup, EventOverview, FieldValues } from './search-types.js';

const MAX_SUGGESTIONS = 3;
const MIN_CHARACTERS = 3;
const READ_WORDS = /^(read|view|viewed|looked|saw|seen|accessed)$/i;
const EXPORT_WORDS = /^(export|auditors?)$/i;
const ERASURE_WORDS = /^(forget|erase|delete|anonymi[sz]e|gdpr)$/i;

/**
 * Offers all events of the people and records whose names contain a word of the query: most events of a record do not repeat its name. If
 * the query found nothing, offers the people whose names have a word with this beginning. For words that no filter stands for, says where to
 * find the reads about a person, and how to erase one.
 */
export function NamedHere(props: {
  readonly terms: readonly Term[];
  readonly text: string;
  readonly filters: readonly FilterPair[];
  readonly counts: EventOverview['counts'] | undefined;
  readonly isEmpty: boolean;
  readonly run: (text: string) => void;
}) {
  const { terms, text, filters, counts, isEmpty, run } = props;
  const { api, t } = useViewer();
  const words = terms.flatMap((term) => {
    if (term.kind === 'word') return term.text;
    return ['actorId', 'actorName'].includes(term.filter) ? (term.values[0]?.text.replace(/\*$/, '') ?? []) : [];
  });
  const names = words.map((word) => word.toLowerCase()).filter((word) => word.length >= MIN_CHARACTERS);
  const times = filters.filter(([name]) => name === 'from' || name === 'to');
  const started = useRequest(isEmpty && names.length > 0 ? JSON.stringify([names, times]) : undefined, (signal) =>
    Promise.all(
      names.map((prefix) => {
        const params = [
          ...times,
          ['field', 'actorId'],
          ['prefix', prefix],
          ['limit', String(MAX_SUGGESTIONS)],
        ] as const;
        return api.get<FieldValues>('/values', params, signal);
      }),
    ),
  );
  const people = isEmpty ? (started.response ?? []).flatMap(({ values }) => values) : [];
  const isNamed = ({ name }: { readonly name: string }): boolean =>
    names.some((word) => name.toLowerCase().includes(word));
  const named = [
    ...people.map(({ value, name = value }) => ({ about: `user/${value}`, name })),
    ...(counts?.actorId?.groups ?? []).flatMap((group) => buildSuggestion(group, (id) => `user/${id}`)).filter(isNamed),
    ...(counts?.resource?.groups ?? []).flatMap((group) => buildSuggestion(group, (id) => id)).filter(isNamed),
  ];
  const found = [...new Map(named.map((one) => [one.about, one])).values()].slice(0, MAX_SUGGESTIONS);
  const has = (pattern: RegExp): boolean => words.some((word) => pattern.test(word));
  return (
    <>
      {has(EXPORT_WORDS) && <p class="notice">{t('search.export')}</p>}
      {has(ERASURE_WORDS) && (
        <p class="notice">
          {t('search.erase')} <code>npx nestjs-audit-ledger erase --subject &lt;id&gt;</code>
        </p>
      )}
      {found.length > 0 && (
        <p class="named-here">
          {found.map(({ about, name }) => {
            const [type = '', id = ''] = about.split(/\/(.*)/s);
            return (
              <Fragment key={about}>
                <button
                  type="button"
                  class="button is-small"
                  onClick={() => run([formatTerm('about', about), ...findTimes(text)].join(' '))}
                >
                  {t('search.allAbout', { name: `${toPlainWords(type)} ${name}` })}
                </button>
                {type === 'user' && has(READ_WORDS) && (
                  <a class="button is-small" href={toHref({ page: 'search', params: { q: buildReadsQuery(id) } })}>
                    {t('questions.readers', { name })}
                  </a>
                )}
                {type === 'user' && (
                  <a class="button is-small" href={getPersonHref(id)}>
                    {t(has(ERASURE_WORDS) ? 'search.erasePerson' : 'search.personPage', { name })}
                  </a>
                )}
              </Fragment>
            );
          })}
        </p>
      )}
    </>
  );
}

function findTimes(text: string): readonly string[] {
  return parseQuery(text)
    .terms.filter((term) => term.kind === 'field' && term.qualifier.kind === 'time')
    .map(({ start, end }) => text.slice(start, end));
}

function buildSuggestion({ value, name }: CountedGroup, describeId: (id: string) => string) {
  return value === null || name === undefined ? [] : [{ about: describeId(value), name }];
}
