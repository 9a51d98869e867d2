import { Icon } from '../../design/icon.js';
import { PlainText } from '../../design/plain-text.js';
import { toHref } from '../../router.js';
import { useViewer } from '../../viewer-context.js';
import type { Gap } from '../../events/gap.js';

const ICONS = { retired: 'archive', erased: 'eraser', held: 'lock', missing: 'warning' } as const;

export function GapRow({ gap }: { readonly gap: Gap }) {
  const { t, formats } = useViewer();
  const { kind, first, last, count, act } = gap;
  const range = first === last ? formats.number(first) : `${formats.number(first)}–${formats.number(last)}`;
  return (
    <li class={`row gap-row is-${kind}`}>
      <Icon name={ICONS[kind]} />
      <span class="gap-text">
        <strong>{t(`gap.${kind}`, { count })}</strong> {t('gap.places', { places: range })}
        {act?.reason !== undefined && (
          <>
            {' · '}
            <PlainText text={act.reason} />
          </>
        )}
        {act?.at !== undefined && <> · {formats.moment(act.at)}</>}
        {kind === 'missing' && <> · {t('gap.alarm')}</>}
      </span>
      {act?.eventId !== undefined && <a href={toHref({ page: 'event', segments: [act.eventId] })}>{t('gap.act')}</a>}
    </li>
  );
}
