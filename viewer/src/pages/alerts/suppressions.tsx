import { useState } from 'preact/hooks';
import { Loaded, Empty, Panel } from '../../design/panel.js';
import { PlainText } from '../../design/plain-text.js';
import { eventHref } from '../../events/links.js';
import { Thread } from '../../threads/thread-panel.js';
import { useRequest } from '../../use-request.js';
import { useViewer } from '../../viewer-context.js';
import { Group } from './alert-facts.js';
import type { Suppression } from './alert.js';
import { text } from '../../texts/alerts.js';

export function Suppressions() {
  const { api } = useViewer();
  const request = useRequest('suppressions', (signal) =>
    api.get<{ readonly items: readonly Suppression[] }>('/suppressions', { active: 'true' }, signal),
  );
  return (
    <Panel title={text('suppressions')} isFlush>
      <Loaded request={request} lines={2}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>{text('noSuppressions')}</Empty>
          ) : (
            <ul class="alert-lines">
              {items.map((suppression) => (
                <SuppressionLine key={suppression.id} suppression={suppression} done={request.reload} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}

function SuppressionLine({ suppression, done }: { readonly suppression: Suppression; readonly done: () => void }) {
  const { formats } = useViewer();
  const [isEnding, setEnding] = useState(false);
  const { id, rule, group, until, reason = '', suppressed, answers } = suppression;
  return (
    <li class="suppression">
      <div class="suppression-says">
        <a href={eventHref(id)}>
          <code>
            <PlainText text={rule} />
          </code>
        </a>{' '}
        <Group group={group} /> {text('untilTime', { until: formats.moment(until) })}
        <span class="quiet">
          {' · '}
          {text('keptBack', { count: suppressed })}
        </span>
        <q class="thread-comment">
          <PlainText text={reason} />
        </q>
      </div>
      {isEnding ? (
        <Thread kind="suppression" id={id} answers={answers} done={done} />
      ) : (
        <button type="button" class="button is-small" onClick={() => setEnding(true)}>
          {text('end')}
        </button>
      )}
    </li>
  );
}
