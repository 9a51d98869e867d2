import { useState } from 'preact/hooks';
import { ApiError } from '../../api.error.js';
import { useViewer } from '../../viewer-context.js';
import type { NewReview, Review, ReviewList } from './review.js';

/** Records reviews, and shows whether that works. */
export function usePostReview(done: (items: readonly Review[]) => void) {
  const { api } = useViewer();
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const post = async (review: NewReview): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      const { items } = await api.send<ReviewList>('POST', '/event-reviews', review);
      done(items);
    } catch (failure) {
      setError(failure instanceof ApiError ? failure : new ApiError('unexpected', '', [String(failure)]));
    }
    setBusy(false);
  };
  return { post, error, isBusy };
}
