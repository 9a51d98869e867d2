import { useState } from 'preact/hooks';
import { CopyButton } from '../../design/copy-button.js';
import { Panel } from '../../design/panel.js';
import { PlainText } from '../../design/plain-text.js';
import type { ViewedEvent } from '../../events/viewed-event.js';
import { useViewer } from '../../viewer-context.js';

export function RawJson({ event }: { readonly event: ViewedEvent }) {
  const { t } = useViewer();
  const [isOpen, setOpen] = useState(false);
  const text = () => JSON.stringify(event, null, 2);
  return (
    <Panel
      title={t('event.raw')}
      isFlush
      tools={
        <>
          <CopyButton label={t('event.copyJson')} text={text} />
          <button type="button" class="button is-small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {t(isOpen ? 'event.hideRaw' : 'event.showRaw')}
          </button>
        </>
      }
    >
      {isOpen && (
        <pre class="raw-json" tabIndex={0} aria-label={t('event.raw')}>
          <PlainText text={text()} />
        </pre>
      )}
    </Panel>
  );
}
