import { useState } from 'preact/hooks';
import { toApiError, type ApiError } from '../../api.error.js';
import { Icon } from '../../design/icon.js';
import { Panel } from '../../design/panel.js';
import { saveFile } from '../../design/save-file.js';
import { ErrorPanel } from '../../design/state-panel.js';
import { useViewer } from '../../viewer-context.js';

export function SubjectReport({ id }: { readonly id: string }) {
  const { api, t } = useViewer();
  const [busy, setBusy] = useState<string>();
  const [error, setError] = useState<ApiError>();
  const save = async (format: 'html' | 'json') => {
    setBusy(format);
    setError(undefined);
    try {
      const response = await api.fetch(`/subjects/${encodeURIComponent(id)}/report?format=${format}`);
      saveFile(`audit-report.${format}`, await response.blob());
    } catch (failure) {
      setError(toApiError(failure));
    }
    setBusy(undefined);
  };
  return (
    <Panel title={t('person.report')}>
      <p class="panel-text">{t('person.reportText')}</p>
      <div class="page-tools">
        {(['html', 'json'] as const).map((format) => (
          <button
            key={format}
            type="button"
            class="button is-small"
            disabled={busy !== undefined}
            aria-busy={busy === format}
            onClick={() => void save(format)}
          >
            <Icon name="download" />
            {t(format === 'html' ? 'person.reportPage' : 'person.reportJson')}
          </button>
        ))}
      </div>
      {error && <ErrorPanel error={error} />}
    </Panel>
  );
}
