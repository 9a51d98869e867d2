import { Panel } from '../../design/panel.js';
import { PlainText } from '../../design/plain-text.js';
import { FieldPath, Value } from '../../events/changes-table.js';
import type { ViewedEvent } from '../../events/viewed-event.js';
import { shownValue } from '../../diff/shown-value.js';
import { formatMoney } from '../../summaries/money.js';
import { useViewer } from '../../viewer-context.js';

export function EventDetails({ event }: { readonly event: ViewedEvent }) {
  const { t } = useViewer();
  const { reason, error, details = {}, metadata = {}, detailsIssues = [], truncated } = event;
  const groups = [
    { title: t('event.details'), values: details },
    { title: t('event.metadata'), values: metadata },
  ].filter(({ values }) => Object.keys(values).length > 0);
  const isEmpty = reason === undefined && error === undefined && groups.length === 0 && truncated === undefined;
  if (isEmpty && detailsIssues.length === 0) return null;
  return (
    <>
      {(reason !== undefined || error !== undefined || truncated === true || detailsIssues.length > 0) && (
        <Panel title={t('event.why')} isFlush>
          <dl class="facts">
            {reason !== undefined && <Line label={t('event.reason')} value={reason} />}
            {error?.message !== undefined && <Line label={t('event.error')} value={error.message} />}
            {error?.code !== undefined && <Line label={t('event.errorCode')} value={error.code} />}
            {error?.name !== undefined && <Line label={t('event.errorName')} value={error.name} />}
            {truncated === true && <Line label={t('event.cut')} value={t('event.cutText')} />}
            {detailsIssues.map(({ path, message }) => (
              <Line key={path} label={t('event.issue')} value={`${path} ${message}`} />
            ))}
          </dl>
        </Panel>
      )}
      {groups.map(({ title, values }) => (
        <Panel key={title} title={title} isFlush>
          <dl class="facts">
            {Object.entries(values).map(([name, value]) => (
              <div key={name}>
                <dt>
                  <FieldPath names={[name]} />
                </dt>
                <dd>
                  <Value value={shownValue(value)} money={formatMoney(name, value, [values])} />
                </dd>
              </div>
            ))}
          </dl>
        </Panel>
      ))}
    </>
  );
}

function Line({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <PlainText text={value} />
      </dd>
    </div>
  );
}
