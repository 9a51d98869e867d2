import { Icon } from '../../design/icon.js';
import { PlainText } from '../../design/plain-text.js';
import { hrefOf } from '../../router.js';
import { useViewer } from '../../viewer-context.js';
import type { Absence } from '../../events/absence.js';

const ICONS = { retired: 'archive', erased: 'eraser', held: 'lock', missing: 'warning' } as const;

export function AbsenceRow({ absence }: { readonly absence: Absence }) {
  const { t, formats } = useViewer();
  const { kind, first, last, count, act } = absence;
  const places = first === last ? formats.number(first) : `${formats.number(first)}–${formats.number(last)}`;
  return (
    <li class={`row absence-row is-${kind}`}>
      <Icon name={ICONS[kind]} />
      <span class="absence-text">
        <strong>{t(`absence.${kind}`, { count })}</strong> {t('absence.places', { places })}
        {act?.reason !== undefined && (
          <>
            {' · '}
            <PlainText text={act.reason} />
          </>
        )}
        {act?.at !== undefined && <> · {formats.moment(act.at)}</>}
        {kind === 'missing' && <> · {t('absence.alarm')}</>}
      </span>
      {act?.eventId !== undefined && (
        <a href={hrefOf({ page: 'event', segments: [act.eventId] })}>{t('absence.act')}</a>
      )}
    </li>
  );
}
