import { useState } from 'preact/hooks';
import { Panel } from '../../design/panel.js';
import { ErrorPanel } from '../../design/state-panel.js';
import { useSend } from '../../use-send.js';
import { useViewer } from '../../viewer-context.js';
import type { Alert, Suppression } from './alert.js';
import { text } from '../../texts/alerts.js';

const HOURS = ['1', '8', '24', '168', '720'] as const;
const HOUR_MS = 3_600_000;

export function SuppressForm({ alert: { id } }: { readonly alert: Alert }) {
  const { api, formats } = useViewer();
  const [reason, setReason] = useState('');
  const [hours, setHours] = useState<string>('8');
  const [until, setUntil] = useState<string>();
  const { send, error, isBusy } = useSend();
  return (
    <Panel title={text('suppress')}>
      <p class="panel-text">{text('suppressText')}</p>
      <form
        class="thread-form"
        onSubmit={(event) => {
          event.preventDefault();
          const end = new Date(Date.now() + Number(hours) * HOUR_MS).toISOString();
          const body = { alertId: id, until: end, reason: reason.trim() };
          void send(api.send<Suppression>('POST', '/suppressions', body), (started) => {
            setUntil(started.until);
            setReason('');
          });
        }}
      >
        <label class="field">
          {text('until')}
          <select class="input" value={hours} onChange={({ currentTarget }) => setHours(currentTarget.value)}>
            {HOURS.map((each) => (
              <option key={each} value={each}>
                {text(`until.${each}`)}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          {text('reason')}
          <input
            class="input"
            required
            maxLength={1000}
            value={reason}
            onInput={({ currentTarget }) => setReason(currentTarget.value)}
          />
        </label>
        <div class="page-tools">
          <button type="submit" class="button is-small" disabled={isBusy || reason.trim() === ''}>
            {text('doSuppress')}
          </button>
        </div>
        {until !== undefined && <p role="status">{text('isNowSuppressed', { until: formats.moment(until) })}</p>}
        {error && <ErrorPanel error={error} />}
      </form>
    </Panel>
  );
}
