import { Icon } from '../../design/icon.js';
import { PlainText } from '../../design/plain-text.js';
import { getEventHref } from '../../events/links.js';
import type { Gap } from '../../events/gap.js';
import type { ViewedEvent } from '../../events/viewed-event.js';
import { useViewer } from '../../viewer-context.js';

export function GapNotes({ event, gaps }: { readonly event: ViewedEvent; readonly gaps: readonly Gap[] }) {
  const { t, formats } = useViewer();
  return (
    <>
      {event.archive !== undefined && (
        <p class="note">
          <Icon name="database" />
          {t('event.archived', { archive: event.archive })}
        </p>
      )}
      {gaps.map(({ kind, act }) => (
        <p key={kind} class={`note is-${kind}`}>
          <Icon name={kind === 'held' ? 'lock' : 'minus'} />
          <span>
            {t(kind === 'held' ? 'event.held' : 'event.erased')}
            {act?.at !== undefined && ` ${formats.moment(act.at)}`}
            {act?.reason !== undefined && (
              <>
                {': '}
                <PlainText text={act.reason} />
              </>
            )}{' '}
            {act?.eventId !== undefined && <a href={getEventHref(act.eventId)}>{t('event.act')}</a>}
          </span>
        </p>
      ))}
    </>
  );
}
