import { useState } from 'preact/hooks';
import { toApiError, type ApiError } from './api.error.js';

export function useSend() {
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const send = async <T>(request: Promise<T>, done: (response: T) => void): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      done(await request);
    } catch (failure) {
      setError(toApiError(failure));
    }
    setBusy(false);
  };
  return { send, error, isBusy };
}
