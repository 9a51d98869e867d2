import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../../design/icon.js';
import { PlainText } from '../../design/plain-text.js';
import {
  applySuggestion,
  suggestKnown,
  suggestNames,
  suggestValues,
  findCompletionTarget,
  type Suggestion,
  type CompletionTarget,
} from './complete.js';
import { toFilters } from '../../../../src/monitoring/read/query/search-language/to-filters.js';
import {
  parseQuery,
  type ParsedQuery,
  type QueryProblem,
} from '../../../../src/monitoring/read/query/search-language/parse-query.js';
import { useViewer } from '../../viewer-context.js';
import { MirroredQuery } from './mirrored-query.js';
import type { FieldValues } from './search-types.js';

const PAUSE_MS = 120;

interface Props {
  readonly text: string;
  readonly refusal: readonly string[];
  readonly input: RefObject<HTMLInputElement | null>;
  readonly setText: (text: string) => void;
  readonly run: (text: string) => void;
}

export function QueryBar({ text, refusal, input, setText, run }: Props) {
  const { t } = useViewer();
  const [caret, setCaret] = useState(-1);
  const [isAsked, setAsked] = useState(false); // whether errors in the term at the caret are marked as well
  const parsed = parseQuery(text);
  const typing = caret < 0 ? undefined : findCompletionTarget(text, caret);
  const suggestions = useSuggestions(parsed, typing);
  const [chosen, setChosen] = useState<{ readonly at: string; readonly nth: number }>();
  const caretPosition = useRef<number | undefined>(undefined);
  const isOpen = suggestions.length > 0;
  // The selected suggestion belongs to the typed text, so the next letter resets the selection.
  const at = `${caret} ${text}`;
  const active = chosen?.at === at ? chosen.nth : -1;
  const setActive = (nth: number) => setChosen({ at, nth });

  useLayoutEffect(() => {
    if (caretPosition.current === undefined) return;
    input.current?.setSelectionRange(caretPosition.current, caretPosition.current);
    caretPosition.current = undefined;
  });

  const problems = parsed.problems.filter(({ start, end }) => isAsked || caret < start || caret > end);
  const take = (suggestion: Suggestion) => {
    const next = applySuggestion(text, suggestion);
    caretPosition.current = next.caret;
    setText(next.text);
    setCaret(next.caret);
    setAsked(false);
  };
  const submit = (typed: string) => {
    setText(typed);
    setAsked(true);
    setCaret(-1);
    run(typed.trim());
  };
  const correct = () => {
    const write = (before: string, { start, end, nearest }: QueryProblem) =>
      nearest === undefined ? before : before.slice(0, start) + nearest + before.slice(end);
    submit(problems.reduceRight(write, text));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const count = suggestions.length;
    const wantedOne = suggestions[active];
    if (event.key === 'ArrowDown' && isOpen) setActive((active + 1) % count);
    else if (event.key === 'ArrowUp' && isOpen) setActive((active - 1 + count) % count);
    else if (event.key === 'ArrowDown' && caret < 0) setCaret(input.current?.selectionStart ?? 0);
    else if (event.key === 'Tab' && isOpen && !event.shiftKey && wantedOne) take(wantedOne);
    else if (event.key === 'Enter' && wantedOne) take(wantedOne);
    else if (event.key === 'Enter') submit(text);
    else if (event.key === 'Escape' && isOpen) setCaret(-1);
    else if (event.key === 'Escape') input.current?.blur();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const follow = () => setCaret(input.current?.selectionStart ?? -1);

  return (
    <div class="query-bar">
      <div class={`query-box${problems.length > 0 ? ' is-wrong' : ''}`}>
        <Icon name="search" />
        <MirroredQuery parsed={parsed} problems={problems} input={input}>
          <input
            ref={input}
            class="query-input"
            type="text"
            role="combobox"
            aria-label={t('search.query')}
            aria-expanded={isOpen}
            aria-controls="query-suggestions"
            aria-autocomplete="list"
            aria-activedescendant={active >= 0 ? `query-suggestion-${active}` : undefined}
            aria-invalid={problems.length > 0}
            aria-describedby="query-problems"
            placeholder={t('search.placeholder')}
            value={text}
            autocomplete="off"
            autocapitalize="off"
            autocorrect="off"
            spellcheck={false}
            maxLength={4000}
            onInput={({ currentTarget }) => {
              setAsked(false);
              setText(currentTarget.value);
              setCaret(currentTarget.selectionStart ?? -1);
            }}
            onKeyDown={onKeyDown}
            onClick={follow}
            onKeyUp={({ key }) => (key === 'ArrowLeft' || key === 'ArrowRight') && follow()}
            onFocus={follow}
            onBlur={() => setCaret(-1)}
          />
        </MirroredQuery>
        {text !== '' && (
          <button
            type="button"
            class="button is-quiet is-small is-icon"
            aria-label={t('search.clear')}
            onClick={() => {
              submit('');
              setText('');
              input.current?.focus();
            }}
          >
            <Icon name="close" />
          </button>
        )}
        <kbd class="key query-key" aria-hidden="true">
          /
        </kbd>
        <button type="button" class="button is-primary is-small" onClick={() => submit(text)}>
          {t('search.run')}
        </button>
      </div>
      <ul
        id="query-suggestions"
        class="suggestions"
        role="listbox"
        aria-label={t('search.suggestions')}
        hidden={!isOpen}
      >
        {suggestions.map((suggestion, nth) => (
          <li
            key={`${suggestion.text} ${nth}`}
            id={`query-suggestion-${nth}`}
            role="option"
            aria-selected={nth === active}
            onMouseDown={(event) => {
              event.preventDefault(); // without this, the input would lose the focus
              take(suggestion);
            }}
          >
            <PlainText text={suggestion.label} class="suggestion-label" />
            {suggestion.note !== undefined && <PlainText text={suggestion.note} class="suggestion-note" />}
          </li>
        ))}
      </ul>
      <div id="query-problems" class="query-problems" role="alert">
        {problems.map((problem) => (
          <Problem
            key={`${problem.code} ${problem.start}`}
            problem={problem}
            text={text}
            correct={correct}
            input={input}
          />
        ))}
        {problems.length === 0 && refusal.map((line) => <p key={line}>{line}</p>)}
      </div>
      <p class="visually-hidden" role="status">
        {isOpen ? t('search.suggested', { count: suggestions.length }) : ''}
      </p>
    </div>
  );
}

interface ProblemProps extends Pick<Props, 'text' | 'input'> {
  readonly problem: QueryProblem;
  readonly correct: () => void;
}

function Problem({ problem, text, correct, input }: ProblemProps) {
  const { t } = useViewer();
  const { code, start, end, params, nearest } = problem;
  return (
    <p>
      <button
        type="button"
        class="problem-place"
        onClick={() => {
          input.current?.focus();
          input.current?.setSelectionRange(start, end);
        }}
      >
        <PlainText text={text.slice(start, end)} />
      </button>{' '}
      {t(`query.${code}`, params)}{' '}
      {nearest !== undefined && (
        <button type="button" class="button is-small" onClick={correct}>
          {nearest === '' ? t('query.leaveOut') : t('query.take', { word: nearest })}
        </button>
      )}
    </p>
  );
}

function useSuggestions(parsed: ParsedQuery, typing: CompletionTarget | undefined): readonly Suggestion[] {
  const { api, t } = useViewer();
  const [found, setFound] = useState<{ readonly key: string; readonly values: readonly Suggestion[] }>();
  const field = getCompletionField(typing);
  const key =
    typing === undefined || field === undefined ? undefined : `${field} ${typing.prefix} ${typing.span.start}`;

  useEffect(() => {
    if (key === undefined || field === undefined || typing === undefined) return undefined;
    const controller = new AbortController();
    const others = parsed.terms.filter(({ start, end }) => end < typing.span.start || start > typing.span.end);
    const isBare = typing.kind === 'name';
    const timer = setTimeout(() => {
      const params = [...toFilters(others), ['field', field], ['prefix', typing.prefix], ['limit', '10']] as const;
      api
        .get<FieldValues>('/values', params, controller.signal)
        .then(({ values }) => {
          const counted = (count: number) => t('search.results', { count });
          setFound({ key, values: suggestValues(typing, values, counted, isBare ? 'actor:' : '') });
        })
        .catch(() => undefined); // if the request fails, typing works without completion
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [key, api]);

  if (typing === undefined) return [];
  const values = found?.key === key ? (found?.values ?? []) : [];
  if (typing.kind === 'value') return [...suggestKnown(typing), ...values].slice(0, 12);
  return [...suggestNames(typing), ...values].slice(0, typing.prefix === '' ? 10 : 12);
}

/** A word without a qualifier may also be an actor. */
function getCompletionField(typing: CompletionTarget | undefined): string | undefined {
  if (typing === undefined) return undefined;
  if (typing.kind === 'name') return typing.prefix.length >= 2 && !typing.isNegated ? 'actorId' : undefined;
  return typing.qualifier.completes === true ? typing.filter : undefined;
}
