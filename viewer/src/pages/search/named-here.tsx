import { Fragment } from 'preact';
import type { FilterPair } from '../../../../src/monitoring/read/query/search-language/filters-of.js';
import { parseQuery, type Term } from '../../../../src/monitoring/read/query/search-language/parse-query.js';
import { termText } from '../../../../src/monitoring/read/query/search-language/query-text.js';
import { personHref } from '../../events/links.js';
import { hrefOf } from '../../router.js';
import { plainWords } from '../../sentences/shown-names.js';
import { useRequest } from '../../use-request.js';
import { useViewer } from '../../viewer-context.js';
import { readsAbout } from './questions.js';
import type { CountedGroup, EventOverview, FieldValues } from './search-types.js';

const MOST_NAMED = 3;
const FEWEST_CHARACTERS = 3;
const OF_READS = /^(read|view|viewed|looked|saw|seen|accessed)$/i;
const OF_EXPORTS = /^(export|auditors?)$/i;
const OF_ERASURES = /^(forget|erase|delete|anonymi[sz]e|gdpr)$/i;

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
  const names = words.map((word) => word.toLowerCase()).filter((word) => word.length >= FEWEST_CHARACTERS);
  const times = filters.filter(([name]) => name === 'from' || name === 'to');
  const begun = useRequest(isEmpty && names.length > 0 ? JSON.stringify([names, times]) : undefined, (signal) =>
    Promise.all(
      names.map((prefix) => {
        const params = [...times, ['field', 'actorId'], ['prefix', prefix], ['limit', String(MOST_NAMED)]] as const;
        return api.get<FieldValues>('/values', params, signal);
      }),
    ),
  );
  const people = isEmpty ? (begun.response ?? []).flatMap(({ values }) => values) : [];
  const isNamed = ({ name }: { readonly name: string }): boolean =>
    names.some((word) => name.toLowerCase().includes(word));
  const named = [
    ...people.map(({ value, name = value }) => ({ about: `user/${value}`, name })),
    ...(counts?.actorId?.groups ?? []).flatMap((group) => namedIn(group, (id) => `user/${id}`)).filter(isNamed),
    ...(counts?.resource?.groups ?? []).flatMap((group) => namedIn(group, (id) => id)).filter(isNamed),
  ];
  const found = [...new Map(named.map((one) => [one.about, one])).values()].slice(0, MOST_NAMED);
  const has = (pattern: RegExp): boolean => words.some((word) => pattern.test(word));
  return (
    <>
      {has(OF_EXPORTS) && <p class="notice">{t('search.export')}</p>}
      {has(OF_ERASURES) && (
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
                  onClick={() => run([termText('about', about), ...timesIn(text)].join(' '))}
                >
                  {t('search.allAbout', { name: `${plainWords(type)} ${name}` })}
                </button>
                {type === 'user' && has(OF_READS) && (
                  <a class="button is-small" href={hrefOf({ page: 'search', params: { q: readsAbout(id) } })}>
                    {t('questions.readers', { name })}
                  </a>
                )}
                {type === 'user' && (
                  <a class="button is-small" href={personHref(id)}>
                    {t(has(OF_ERASURES) ? 'search.erasePerson' : 'search.personPage', { name })}
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

function timesIn(text: string): readonly string[] {
  return parseQuery(text)
    .terms.filter((term) => term.kind === 'field' && term.qualifier.kind === 'time')
    .map(({ start, end }) => text.slice(start, end));
}

function namedIn({ value, name }: CountedGroup, aboutOf: (id: string) => string) {
  return value === null || name === undefined ? [] : [{ about: aboutOf(value), name }];
}
