import { useState } from 'preact/hooks';
import { Menu } from '../../design/menu.js';
import { filtersOf } from '../../../../src/monitoring/read/query/search-language/filters-of.js';
import type { Term } from '../../../../src/monitoring/read/query/search-language/parse-query.js';
import { endOf, isMoment, timeOf } from '../../../../src/monitoring/read/query/query-times.js';
import { withTimes } from '../../../../src/monitoring/read/query/search-language/query-text.js';
import { useViewer } from '../../viewer-context.js';

const PRESETS = ['-15m', '-60m', '-24h', '-7d', '-30d', '-90d'] as const;

export function TimeMenu({
  text,
  terms,
  run,
}: {
  readonly text: string;
  readonly terms: readonly Term[];
  readonly run: (text: string) => void;
}) {
  const { t, formats } = useViewer();
  const filters = new Map(filtersOf(terms));
  const [from, to] = ['from', 'to'].map((name) => filters.get(name)?.replace(/^(?=\d+[mhdw]$)/, '-'));
  const isOpen = to === undefined;
  const shown = (time: string, timeAt = timeOf) =>
    time.startsWith('-') || !isMoment(time) ? time : formats.short(timeAt(time));
  const label =
    from !== undefined && from.startsWith('-') && isOpen
      ? t('time.last', { range: lengthOf(from, formats.language) })
      : from === undefined && isOpen
        ? t('time.all')
        : `${from === undefined ? '…' : shown(from)} – ${to === undefined ? t('time.now') : shown(to, endOf)}`;
  return (
    <Menu label={label} icon="clock" class="time-menu">
      {(close) => (
        <div class="menu-items">
          {[...PRESETS, undefined].map((each) => (
            <button
              key={each ?? 'all'}
              type="button"
              class="menu-item"
              aria-pressed={isOpen && from === each}
              onClick={() => {
                close();
                run(withTimes(text, each, undefined));
              }}
            >
              {each === undefined ? t('time.all') : t('time.last', { range: lengthOf(each, formats.language) })}
            </button>
          ))}
          <CustomTimes
            from={from}
            to={to}
            apply={(first, last) => {
              close();
              run(withTimes(text, first, last));
            }}
          />
        </div>
      )}
    </Menu>
  );
}

const WITHOUT_ONE: Readonly<Record<string, string>> = { '-1h': '-60m', '-1d': '-24h', '-1w': '-7d' };
const UNITS: Readonly<Record<string, string>> = { m: 'minute', h: 'hour', d: 'day', w: 'week' };

/** Formats `-14d` as "14 days". */
function lengthOf(ago: string, language: string): string {
  const [, number = '', letter = ''] = /^-(\d+)([mhdw])$/.exec(WITHOUT_ONE[ago] ?? ago) ?? [];
  const unit = UNITS[letter];
  if (unit === undefined) return ago.slice(1);
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(Number(number));
}

interface CustomProps {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly apply: (from: string | undefined, to: string | undefined) => void;
}

function CustomTimes({ from, to, apply }: CustomProps) {
  const { t } = useViewer();
  const [first, setFirst] = useState(() => localInput(from));
  const [last, setLast] = useState(() => localInput(to, endOf));
  const isEmpty = first !== '' && last !== '' && first >= last;
  return (
    <form
      class="menu-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isEmpty) apply(instantOf(first), instantOf(last));
      }}
    >
      <label class="field">
        {t('time.from')}
        <input
          class="input"
          type="datetime-local"
          value={first}
          onInput={({ currentTarget }) => setFirst(currentTarget.value)}
        />
      </label>
      <label class="field">
        {t('time.to')}
        <input
          class="input"
          type="datetime-local"
          value={last}
          aria-invalid={isEmpty}
          onInput={({ currentTarget }) => setLast(currentTarget.value)}
        />
      </label>
      {isEmpty && (
        <p class="form-error" role="alert">
          {t('query.emptyRange')}
        </p>
      )}
      <button type="submit" class="button is-primary is-small">
        {t('time.apply')}
      </button>
    </form>
  );
}

function localInput(time: string | undefined, timeAt = timeOf): string {
  if (time === undefined || !isMoment(time)) return '';
  const at = timeAt(time);
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

function instantOf(local: string): string | undefined {
  return local === ''
    ? undefined
    : new Date(local)
        .toISOString()
        .replace(/:00\.000Z$/, 'Z')
        .replace('.000Z', 'Z');
}
