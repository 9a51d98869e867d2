import { useState } from 'preact/hooks';
import { asApiError, type ApiError } from './api.error.js';

/** Follows the requests that a form sends. `isBusy` is true during a request, and `error` is the failure of the last request. */
export function useSend() {
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const send = async <T>(request: Promise<T>, done: (answer: T) => void): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      done(await request);
    } catch (failure) {
      setError(asApiError(failure));
    }
    setBusy(false);
  };
  return { send, error, isBusy };
}
