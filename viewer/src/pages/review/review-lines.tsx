import { Icon } from '../../design/icon.js';
import { PlainText } from '../../design/plain-text.js';
import { eventHref } from '../../events/links.js';
import type { MessageKey } from '../../i18n/translate.js';
import { actorName } from '../../sentences/sentence.js';
import { useViewer } from '../../viewer-context.js';
import type { Review } from './review.js';

const SAYS: Readonly<Record<Review['kind'], MessageKey>> = {
  reviewed: 'review.wasReviewed',
  comment: 'review.wasCommented',
  sign_off: 'review.wasSignedOff',
};

/** The marks and comments of reviewers, the oldest first. Each is an event of the log. */
export function ReviewLines({ reviews }: { readonly reviews: readonly Review[] }) {
  const { t, formats, words } = useViewer();
  return (
    <ul class="review-lines">
      {reviews.map(({ id, kind, by, at, comment }) => (
        <li key={id}>
          <Icon name={kind === 'comment' ? 'copy' : 'check'} />
          <span>
            <PlainText text={actorName(by, words)} /> {t(SAYS[kind])}{' '}
            <a class="quiet" href={eventHref(id)}>
              <time dateTime={at}>{formats.moment(at)}</time>
            </a>
            {comment !== undefined && (
              <q class="review-comment">
                <PlainText text={comment} />
              </q>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
