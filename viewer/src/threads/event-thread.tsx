import { Loaded, Panel } from '../design/panel.js';
import { useRequest } from '../use-request.js';
import { useViewer } from '../viewer-context.js';
import { Thread } from './thread-panel.js';
import type { Reply } from './thread.js';

export function EventThread({ id }: { readonly id: string }) {
  const { api, t } = useViewer();
  const request = useRequest(id, (signal) =>
    api.get<{ readonly items: readonly Reply[] }>(`/threads/event/${encodeURIComponent(id)}`, {}, signal),
  );
  if (request.error?.kind === 'missing' || request.error?.kind === 'forbidden') return null; // this reader may not see reviews, or the application has none
  return (
    <Panel title={t('thread.review')}>
      <Loaded request={request} lines={1}>
        {({ items }) => <Thread kind="event" id={id} answers={items} done={request.reload} />}
      </Loaded>
    </Panel>
  );
}
