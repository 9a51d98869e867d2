import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { ParsedQuery, QueryProblem } from '../../../../src/monitoring/read/query/search-language/parse-query.js';

interface Piece {
  readonly text: string;
  readonly class: string;
}

/** The input's own text is transparent, so the text behind the input is visible in colours. */
export function MirroredQuery(props: {
  readonly parsed: ParsedQuery;
  readonly problems: readonly QueryProblem[];
  readonly input: RefObject<HTMLInputElement | null>;
  readonly children: ComponentChildren;
}) {
  const { parsed, problems, input, children } = props;
  const mirror = useRef<HTMLDivElement>(null);
  const follow = () => {
    if (mirror.current && input.current) mirror.current.scrollLeft = input.current.scrollLeft;
  };
  useEffect(() => {
    follow();
    input.current?.addEventListener('scroll', follow);
    return () => input.current?.removeEventListener('scroll', follow);
  });
  return (
    <div class="query-field">
      <div class="query-mirror" ref={mirror} aria-hidden="true">
        {splitQuery(parsed, problems).map((piece, nth) => (
          <span key={nth} class={piece.class}>
            {piece.text}
          </span>
        ))}
      </div>
      {children}
    </div>
  );
}

function splitQuery({ text, terms }: ParsedQuery, problems: readonly QueryProblem[]): Piece[] {
  const classes = Array.from({ length: text.length }, () => 'is-word');
  for (const term of terms) {
    if (term.kind === 'word') continue;
    const colon = term.start + text.slice(term.start).indexOf(':') + 1;
    classes.fill(term.isNegated ? 'is-name is-not' : 'is-name', term.start, colon);
    classes.fill('is-value', colon, term.end);
  }
  for (const { start, end } of problems) classes.fill('is-mistake', start, end);
  const pieces: Piece[] = [];
  let from = 0;
  for (let at = 1; at <= text.length; at++) {
    if (at < text.length && classes[at] === classes[from]) continue;
    pieces.push({ text: text.slice(from, at), class: classes[from] ?? '' });
    from = at;
  }
  return pieces;
}
