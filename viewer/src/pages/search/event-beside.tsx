import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../../design/icon.js';
import { getEventHref } from '../../events/links.js';
import { useViewer } from '../../viewer-context.js';
import { EventPage } from '../event/event-page.js';

export function EventBeside(props: { readonly id: string; readonly isEntered: boolean; readonly close: () => void }) {
  const { id, isEntered, close } = props;
  const { t } = useViewer();
  const side = useRef<HTMLElement>(null);
  useEffect(() => {
    if (isEntered) side.current?.focus();
    side.current?.scrollTo({ top: 0 });
  }, [id, isEntered]);
  return (
    <aside class="event-beside" aria-label={t('event.page')} ref={side} tabIndex={-1}>
      <div class="beside-tools">
        <a class="button is-small" href={getEventHref(id)}>
          {t('event.wholePage')}
        </a>
        <button type="button" class="button is-quiet is-small is-icon" aria-label={t('frame.close')} onClick={close}>
          <Icon name="close" />
        </button>
      </div>
      <EventPage route={{ page: 'event', segments: [id], params: new URLSearchParams() }} isBeside />
    </aside>
  );
}
