import { Icon } from '../design/icon.js';
import { getTerm } from '../summaries/summary.js';
import { useViewer } from '../viewer-context.js';

const SEVERE_LEVELS = new Set(['error', 'critical']);

export function SeverityIcon(props: { readonly severity: string | undefined; readonly isAlways?: boolean }) {
  const { severity = 'info', isAlways = false } = props;
  const { words } = useViewer();
  if (!SEVERE_LEVELS.has(severity) && (!isAlways || severity === 'info')) return null;
  return (
    <span class={`badge is-severity-${severity}`}>
      {SEVERE_LEVELS.has(severity) && <Icon name="warning" />}
      {getTerm(severity, words)}
    </span>
  );
}
