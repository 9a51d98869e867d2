import { Icon } from '../design/icon.js';
import { termOf } from '../sentences/sentence.js';
import { useViewer } from '../viewer-context.js';

const GRAVE = new Set(['error', 'critical']);

export function SeverityMark(props: { readonly severity: string | undefined; readonly isAlways?: boolean }) {
  const { severity = 'info', isAlways = false } = props;
  const { words } = useViewer();
  if (!GRAVE.has(severity) && (!isAlways || severity === 'info')) return null;
  return (
    <span class={`badge is-severity-${severity}`}>
      {GRAVE.has(severity) && <Icon name="warning" />}
      {termOf(severity, words)}
    </span>
  );
}
