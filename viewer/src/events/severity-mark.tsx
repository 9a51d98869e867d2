import { Icon } from '../design/icon.js';
import { termOf } from '../sentences/sentence.js';
import { useViewer } from '../viewer-context.js';

const GRAVE = new Set(['error', 'critical']);

/** The severity of an event in a list, beside the outcome's dot: for `error` or worse, or with `isAlways`, for all but `info`. */
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
