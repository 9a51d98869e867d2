import { useState } from 'preact/hooks';
import { ApiError } from '../../api.error.js';
import { useViewer } from '../../viewer-context.js';

/** What the routes say of a change. */
interface Changed {
  /** Of an alert: `false` where somebody had done it already. */
  readonly changed?: boolean;
  /** Of a suppression. */
  readonly until?: string;
}

/** Sends what the reader decides, and says whether it works. */
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
