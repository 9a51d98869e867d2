import { useState } from 'preact/hooks';
import { ApiError } from '../../api.error.js';
import { useViewer } from '../../viewer-context.js';

/** The answer of the routes to a change. */
interface Changed {
  /** For an alert: `false` if somebody had done it before. */
  readonly changed?: boolean;
  /** For a suppression. */
  readonly until?: string;
}

/** Sends the reader's decision, and shows whether that works. */
export function useSend() {
  const { api } = useViewer();
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const send = async (path: string, body: object, done: (answer: Changed) => void): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      done(await api.send<Changed>('POST', path, body));
    } catch (failure) {
      setError(failure instanceof ApiError ? failure : new ApiError('unexpected', '', [String(failure)]));
    }
    setBusy(false);
  };
  return { send, error, isBusy };
}
