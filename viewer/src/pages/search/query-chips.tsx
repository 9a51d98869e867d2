import { Icon } from '../../design/icon.js';
import { PlainText } from '../../design/plain-text.js';
import { isDay, isTime, parseTime } from '../../../../src/monitoring/read/query/query-times.js';
import type { FieldTerm, Term } from '../../../../src/monitoring/read/query/search-language/parse-query.js';
import { removeTerm } from '../../../../src/monitoring/read/query/search-language/query-text.js';
import type { MessageKey } from '../../texts/index.js';
import { useViewer } from '../../viewer-context.js';

export function QueryChips(props: {
  readonly text: string;
  readonly terms: readonly Term[];
  /** What is excluded although no term of the query excludes it. */
  readonly hidden: 'search.withoutReads' | 'search.withoutOwn' | 'search.withoutYours' | undefined;
  readonly getName: (id: string) => string | undefined;
  readonly run: (text: string) => void;
  readonly runRest: (text: string) => void;
}) {
  const { text, terms, hidden, getName, run, runRest } = props;
  const { t } = useViewer();
  return (
    <ul class="chips" aria-label={t('search.terms')}>
      {terms.map((term) => {
        const label = text.slice(term.start, term.end);
        return (
          <li key={`${label} ${term.start}`} class={`chip${term.kind === 'field' && term.isNegated ? ' is-not' : ''}`}>
            <span class="chip-text">
              {term.kind === 'word' ? <PlainText text={term.text} /> : <TermText term={term} getName={getName} />}
            </span>
            <button
              type="button"
              aria-label={t('search.removeTerm', { term: label })}
              onClick={() => runRest(removeTerm(text, term))}
            >
              <Icon name="close" />
            </button>
          </li>
        );
      })}
      {hidden !== undefined && (
        <Without
          what={hidden}
          remove={() => run(`${text} ${hidden === 'search.withoutYours' ? 'actor' : 'category'}:*`)}
        />
      )}
      {terms.length > 1 && (
        <li>
          <button type="button" class="button is-quiet is-small" onClick={() => run('')}>
            {t('search.clear')}
          </button>
        </li>
      )}
    </ul>
  );
}

/** Shows that events are excluded, although the reader asked for no filter. */
export function Without({ what, remove }: { readonly what: MessageKey; readonly remove: () => void }) {
  const { t } = useViewer();
  const term = t(what);
  return (
    <li class="chip is-not">
      <span class="chip-text">{term}</span>
      <button type="button" aria-label={t('search.removeTerm', { term })} onClick={remove}>
        <Icon name="close" />
      </button>
    </li>
  );
}

const SIGNS = { gt: '>', gte: '≥', lt: '<', lte: '≤', is: '', exists: '', between: '' } as const;

function TermText({
  term,
  getName,
}: {
  readonly term: FieldTerm;
  readonly getName: (id: string) => string | undefined;
}) {
  const { t, formats } = useViewer();
  const { name, operator, values, isNegated, qualifier } = term;
  const texts = values.map(({ text }) => {
    if (qualifier.kind === 'time' && isTime(text) && !isDay(text)) return formats.short(parseTime(text));
    return ['actor', 'about', 'resource'].includes(qualifier.name) ? (getName(text) ?? text) : text;
  });
  const shown = [...new Set(texts)]; // a person may have several ids
  return (
    <>
      <span class="chip-name">
        {isNegated && operator !== 'exists' && <strong>{t('search.not')} </strong>}
        <PlainText text={name} />
      </span>{' '}
      {operator === 'exists' ? t(isNegated ? 'search.isAbsent' : 'search.isPresent') : ''}
      {SIGNS[operator]}
      <PlainText text={shown.join(operator === 'between' ? ' – ' : ` ${t('search.or')} `)} />
    </>
  );
}
