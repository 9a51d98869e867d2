import { ErrorPanel, StatePanel } from '../../design/state-panel.js';
import { PlainText } from '../../design/plain-text.js';
import type { Route } from '../../router.js';
import { useRequest } from '../../use-request.js';
import { useViewer } from '../../viewer-context.js';

interface Listed {
  readonly items: readonly { readonly id: string; readonly type: string }[];
}

/** Who did what: a query, and the events that match it. */
export function SearchPage({ route }: { readonly route: Route }) {
  const { api, t } = useViewer();
  const q = route.params.get('q') ?? '';
  const { answer, error, reload } = useRequest(q, (signal) => api.get<Listed>('/events', { q }, signal));
  if (error !== undefined) return <ErrorPanel error={error} retry={reload} />;
  if (answer === undefined) return <StatePanel icon="clock" title={t('state.loading')} />;
  return (
    <ol>
      {answer.items.map(({ id, type }) => (
        <li key={id}>
          <PlainText text={type} />
        </li>
      ))}
    </ol>
  );
}
