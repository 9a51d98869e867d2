import { Icon } from '../../design/icon.js';
import { PlainText } from '../../design/plain-text.js';
import { eventHref } from '../../events/links.js';
import type { MessageKey } from '../../texts/index.js';
import { actorName } from '../../sentences/sentence.js';
import { useViewer } from '../../viewer-context.js';
import type { Review } from './review.js';

const SAYS: Readonly<Record<Review['kind'], MessageKey>> = {
  reviewed: 'review.wasReviewed',
  comment: 'review.wasCommented',
  sign_off: 'review.wasSignedOff',
};

export function ReviewLines({ reviews }: { readonly reviews: readonly Review[] }) {
  const { t } = useViewer();
  return (
    <ul class="review-lines">
      {reviews.map((review) => (
        <ReviewLine key={review.id} {...review} says={t(SAYS[review.kind])} />
      ))}
    </ul>
  );
}

export function ReviewLine(props: Omit<Review, 'kind'> & { readonly kind?: Review['kind']; readonly says: string }) {
  const { id, kind, by, at, comment, says } = props;
  const { formats, words } = useViewer();
  return (
    <li>
      <Icon name={kind === 'comment' ? 'copy' : 'check'} />
      <span>
        <PlainText text={actorName(by, words)} /> {says}{' '}
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
  );
}
