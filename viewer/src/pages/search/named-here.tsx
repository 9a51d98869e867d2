import { parseQuery, type Term } from '../../../../src/monitoring/read/query/search-language/parse-query.js';
import { termText } from '../../../../src/monitoring/read/query/search-language/query-text.js';
import { plainWords } from '../../sentences/shown-names.js';
import { useViewer } from '../../viewer-context.js';
import type { CountedGroup, EventOverview } from './search-types.js';

const MOST_NAMED = 3;
const FEWEST_CHARACTERS = 3;

/** Offers all events of the people and records whose names contain a word of the query: most events of a record do not repeat its name. */
export function NamedHere(props: {
  readonly terms: readonly Term[];
  readonly text: string;
  readonly counts: EventOverview['counts'] | undefined;
  readonly run: (text: string) => void;
}) {
  const { terms, text, counts, run } = props;
  const { t } = useViewer();
  const words = terms.flatMap((term) => (term.kind === 'word' ? term.text.toLowerCase() : []));
  const named = [
    ...(counts?.actorId?.groups ?? []).flatMap((group) => namedIn(group, (id) => `user/${id}`)),
    ...(counts?.resource?.groups ?? []).flatMap((group) => namedIn(group, (id) => id)),
  ].filter(({ name }) => words.some((word) => word.length >= FEWEST_CHARACTERS && name.toLowerCase().includes(word)));
  const found = [...new Map(named.map((one) => [one.about, one])).values()].slice(0, MOST_NAMED);
  if (found.length === 0) return null;
  return (
    <p class="named-here">
      {found.map(({ about, name }) => (
        <button
          key={about}
          type="button"
          class="button is-small"
          onClick={() => run([termText('about', about), ...timesIn(text)].join(' '))}
        >
          {t('search.allAbout', { name: `${plainWords(about.split('/')[0] ?? '')} ${name}` })}
        </button>
      ))}
    </p>
  );
}

export function timesIn(text: string): readonly string[] {
  return parseQuery(text)
    .terms.filter((term) => term.kind === 'field' && term.qualifier.kind === 'time')
    .map(({ start, end }) => text.slice(start, end));
}

function namedIn({ value, name }: CountedGroup, aboutOf: (id: string) => string) {
  return value === null || name === undefined ? [] : [{ about: aboutOf(value), name }];
}
