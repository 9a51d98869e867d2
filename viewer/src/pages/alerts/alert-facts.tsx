import { PlainText } from '../../design/plain-text.js';
import { useViewer } from '../../viewer-context.js';
import type { Alert } from './alert.js';
import { text } from '../../texts/alerts.js';

const TONES: Readonly<Record<Alert['level'], string>> = {
  informational: '',
  low: 'is-attempted',
  medium: 'is-partial',
  high: 'is-denied',
  critical: 'is-failure',
};

export function AlertBadges({ alert: { level, state } }: { readonly alert: Pick<Alert, 'level' | 'state'> }) {
  return (
    <>
      <span class={`badge ${TONES[level]}`}>{text(`level.${level}`)}</span>
      <span class={`badge${state === 'resolved' ? ' is-success' : ''}`}>{text(`state.${state}`)}</span>
    </>
  );
}

export function Group({ group = {} }: { readonly group?: Readonly<Record<string, string>> | undefined }) {
  return (
    <>
      {Object.entries(group).map(([field, value]) => (
        <code key={field} class="alert-group">
          <PlainText text={`${field.replace(/^details\./, '')}: ${value}`} />
        </code>
      ))}
    </>
  );
}

const STEPS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

export function Age({ at }: { readonly at: string }) {
  const { formats } = useViewer();
  const seconds = Math.max(0, (Date.now() - Date.parse(at)) / 1_000);
  const [unit, length] = STEPS.find((step) => seconds >= step[1]) ?? ['second', 1];
  const ago = new Intl.RelativeTimeFormat(formats.language, { numeric: 'auto' }).format(
    -Math.floor(seconds / length),
    unit,
  );
  return (
    <time dateTime={at} title={formats.utc(at)}>
      {ago}
    </time>
  );
}
