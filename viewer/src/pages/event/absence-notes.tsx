import { Icon } from '../../design/icon.js';
import { PlainText } from '../../design/plain-text.js';
import { eventHref } from '../../events/links.js';
import type { Absence, Absences } from '../../events/absence.js';
import type { ViewedEvent } from '../../events/viewed-event.js';
import { useRequest } from '../../use-request.js';
import { useViewer } from '../../viewer-context.js';

export function useAbsences({ index }: ViewedEvent): readonly Absence[] {
  const { api } = useViewer();
  const { answer } = useRequest(index?.toString(), (signal) =>
    api.get<Absences>('/absences', { first: index, last: index }, signal),
  );
  return (answer?.absences ?? []).filter(({ first, last }) => index !== undefined && first <= index && last >= index);
}

export function AbsenceNotes({
  event,
  absences,
}: {
  readonly event: ViewedEvent;
  readonly absences: readonly Absence[];
}) {
  const { t, formats } = useViewer();
  return (
    <>
      {event.archive !== undefined && (
        <p class="note">
          <Icon name="database" />
          {t('event.archived', { archive: event.archive })}
        </p>
      )}
      {absences.map(({ kind, act }) => (
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
            {act?.eventId !== undefined && <a href={eventHref(act.eventId)}>{t('event.act')}</a>}
          </span>
        </p>
      ))}
    </>
  );
}
