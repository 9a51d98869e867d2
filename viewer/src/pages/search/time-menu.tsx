import { useState } from 'preact/hooks';
import { Menu } from '../../design/menu.js';
import { toFilters } from '../../../../src/monitoring/read/query/search-language/to-filters.js';
import type { Term } from '../../../../src/monitoring/read/query/search-language/parse-query.js';
import { parseEndTime, isMoment, parseTime } from '../../../../src/monitoring/read/query/query-times.js';
import { setTimeRange } from '../../../../src/monitoring/read/query/search-language/query-text.js';
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
  const filters = new Map(toFilters(terms));
  const [from, to] = ['from', 'to'].map((name) => filters.get(name)?.replace(/^(?=\d+[mhdw]$)/, '-'));
  const isOpen = to === undefined;
  const shown = (time: string, timeAt = parseTime) =>
    time.startsWith('-') || !isMoment(time) ? time : formats.short(timeAt(time));
  const label =
    from !== undefined && from.startsWith('-') && isOpen
      ? t('time.last', { range: formatDuration(from, formats.language) })
      : from === undefined && isOpen
        ? t('time.all')
        : `${from === undefined ? '…' : shown(from)} – ${to === undefined ? t('time.now') : shown(to, parseEndTime)}`;
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
                run(setTimeRange(text, each, undefined));
              }}
            >
              {each === undefined ? t('time.all') : t('time.last', { range: formatDuration(each, formats.language) })}
            </button>
          ))}
          <CustomTimes
            from={from}
            to={to}
            apply={(first, last) => {
              close();
              run(setTimeRange(text, first, last));
            }}
          />
        </div>
      )}
    </Menu>
  );
}

const NORMALIZED_DURATIONS: Readonly<Record<string, string>> = { '-1h': '-60m', '-1d': '-24h', '-1w': '-7d' };
const UNITS: Readonly<Record<string, string>> = { m: 'minute', h: 'hour', d: 'day', w: 'week' };

/** Formats `-14d` as "14 days". */
function formatDuration(ago: string, language: string): string {
  const [, number = '', letter = ''] = /^-(\d+)([mhdw])$/.exec(NORMALIZED_DURATIONS[ago] ?? ago) ?? [];
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
  const [first, setFirst] = useState(() => toLocalInput(from));
  const [last, setLast] = useState(() => toLocalInput(to, parseEndTime));
  const isEmpty = first !== '' && last !== '' && first >= last;
  return (
    <form
      class="menu-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isEmpty) apply(parseLocalInput(first), parseLocalInput(last));
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

function toLocalInput(time: string | undefined, timeAt = parseTime): string {
  if (time === undefined || !isMoment(time)) return '';
  const at = timeAt(time);
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

function parseLocalInput(local: string): string | undefined {
  return local === ''
    ? undefined
    : new Date(local)
        .toISOString()
        .replace(/:00\.000Z$/, 'Z')
        .replace('.000Z', 'Z');
}
