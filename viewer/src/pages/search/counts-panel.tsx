import { useState } from 'preact/hooks';
import { Icon } from '../../design/icon.js';
import { PlainText } from '../../design/plain-text.js';
import { toVisibleText } from '../../design/visible-text.js';
import {
  getValueState,
  removeValue,
  addValue,
} from '../../../../src/monitoring/read/query/search-language/query-text.js';
import { formatOutcome, formatResource, getTerm } from '../../summaries/summary.js';
import { toPlainWords, shortenId } from '../../summaries/shown-names.js';
import { useViewer } from '../../viewer-context.js';
import type { CountedGroup, EventOverview } from './search-types.js';

export const COUNTED = [
  { field: 'outcome', qualifier: 'outcome' },
  { field: 'severity', qualifier: 'severity' },
  { field: 'type', qualifier: 'type' },
  { field: 'actorId', qualifier: 'actor' },
  { field: 'resource', qualifier: 'resource' },
  { field: 'ip', qualifier: 'ip' },
  { field: 'tenantId', qualifier: 'tenant' },
] as const;

const SHOWN_GROUPS = 5;

export function CountsPanel(props: {
  readonly overview: EventOverview | undefined;
  readonly text: string;
  readonly run: (text: string) => void;
}) {
  const { overview, text, run } = props;
  return (
    <>
      {COUNTED.map(({ field, qualifier }) => (
        <FieldCounts key={field} field={field} qualifier={qualifier} overview={overview} text={text} run={run} />
      ))}
    </>
  );
}

interface CountsProps {
  readonly field: (typeof COUNTED)[number]['field'];
  readonly qualifier: (typeof COUNTED)[number]['qualifier'];
  readonly overview: EventOverview | undefined;
  readonly text: string;
  readonly run: (text: string) => void;
}

function FieldCounts({ field, qualifier, overview, text, run }: CountsProps) {
  const { t, formats } = useViewer();
  const [isLong, setLong] = useState(false);
  const { groups = [], others = 0 } = overview?.counts[field] ?? {};
  const max = Math.max(1, ...groups.map(({ count }) => count));
  const shown = isLong ? groups : groups.slice(0, SHOWN_GROUPS);
  const title = t(`counts.${qualifier}`);
  if (overview !== undefined && groups.every(({ value }) => value === null) && field === 'tenantId') return null;
  return (
    <section class="counts" aria-label={title}>
      <h2>{title}</h2>
      {overview === undefined ? (
        <div class="counts-waiting" aria-hidden="true" />
      ) : (
        <ul>
          {shown.map((group) => (
            <Count
              key={`${group.value ?? ''} ${group.name ?? ''}`}
              group={group}
              most={max}
              isEstimate={overview.estimate !== undefined}
              qualifier={qualifier}
              text={text}
              run={run}
            />
          ))}
          {groups.length === 0 && <li class="counts-none">{t('counts.none')}</li>}
        </ul>
      )}
      <div class="counts-foot">
        {groups.length > SHOWN_GROUPS && (
          <button type="button" class="link-button" aria-expanded={isLong} onClick={() => setLong(!isLong)}>
            {isLong ? t('counts.fewer') : t('counts.more', { count: groups.length - SHOWN_GROUPS })}
          </button>
        )}
        {others > 0 && (isLong || groups.length <= SHOWN_GROUPS) && (
          <span>{t('counts.others', { count: others, shown: formats.compact(others) })}</span>
        )}
      </div>
    </section>
  );
}

interface CountProps {
  readonly group: CountedGroup;
  readonly most: number;
  readonly isEstimate: boolean;
  readonly qualifier: string;
  readonly text: string;
  readonly run: (text: string) => void;
}

function Count({ group, most: max, isEstimate, qualifier, text, run }: CountProps) {
  const { t, formats, words } = useViewer();
  const { value: id, name, also = [], count } = group;
  const getWord = (known: string) => (qualifier === 'outcome' ? formatOutcome(known, words) : getTerm(known, words));
  const value = id !== null && also.length > 0 ? [id, ...also] : id;
  // A record is excluded by its id alone, because no filter excludes a type and an id together.
  const excluded = qualifier === 'resource' && id?.includes('/') === true ? 'id' : qualifier;
  const excludedValue = excluded === 'id' ? (id?.slice(id.indexOf('/') + 1) ?? null) : value;
  const typed = value === null && name !== undefined ? { qualifier: 'name', value: name } : { qualifier, value };
  const state =
    getValueState(text, typed.qualifier, typed.value) ??
    (getValueState(text, excluded, excludedValue) === 'not' ? 'not' : undefined);
  const known = (qualifier === 'outcome' || qualifier === 'severity') && id !== null ? id : undefined;
  const label = known === undefined ? getLabel() : getWord(known);
  function getLabel(): string {
    const at = id?.indexOf('/') ?? -1;
    if (qualifier === 'actor' && id === null) return name ?? words.anonymous;
    if (qualifier !== 'resource' || id === null || at < 0)
      return name ?? (id === null ? t('counts.absent') : shortenId(id));
    return name === undefined
      ? formatResource({ type: id.slice(0, at), id: id.slice(at + 1) })
      : `${toPlainWords(id.slice(0, at))} ${name}`;
  }
  return (
    <li class={`count${state === undefined ? '' : ` is-${state}`}`}>
      <button
        type="button"
        class="count-narrow"
        aria-pressed={state === 'only'}
        title={label !== id && id !== null ? toVisibleText([value].flat().join(', ')) : undefined}
        onClick={() =>
          run(
            state === 'only'
              ? removeValue(text, typed.qualifier, typed.value)
              : addValue(text, typed.qualifier, typed.value, false),
          )
        }
      >
        <span class="count-bar" style={{ inlineSize: `${(count / max) * 100}%` }} />
        {qualifier === 'outcome' && known !== undefined && <span class={`legend-colour is-${known}`} />}
        <span class={`count-label${id === null && name === undefined ? ' is-absent' : ''}`}>
          <PlainText text={label} />
        </span>
        <span class="count-number">
          {isEstimate ? '~' : ''}
          {formats.compact(count)}
        </span>
      </button>
      <button
        type="button"
        class="count-exclude"
        aria-label={t(state === 'not' ? 'counts.include' : 'counts.exclude', { value: label })}
        aria-pressed={state === 'not'}
        onClick={() =>
          run(
            state === 'not'
              ? removeValue(text, excluded, excludedValue)
              : addValue(text, excluded, excludedValue, true),
          )
        }
      >
        <Icon name={state === 'not' ? 'plus' : 'minus'} />
      </button>
    </li>
  );
}
