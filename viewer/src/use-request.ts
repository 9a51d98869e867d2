import { useEffect, useState } from 'preact/hooks';
import { toApiError, type ApiError } from './api.error.js';
import { useChanges, useViewer } from './viewer-context.js';

/** While a request is repeated, the previous answer stays visible, so that the page does not jump. */
export interface Requested<T> {
  /** The key of the request to which `answer` belongs. */
  readonly key?: string;
  readonly response?: T;
  readonly error?: ApiError;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

/** If `key` is `undefined`, the request does not run. An outdated request is aborted, so its answer is never shown. */
export function useRequest<T>(key: string | undefined, run: (signal: AbortSignal) => Promise<T>): Requested<T> {
  const { session } = useViewer();
  useChanges(session);
  const [state, setState] = useState<{ readonly key?: string; readonly response?: T; readonly error?: ApiError }>({});
  const [isLoading, setLoading] = useState(key !== undefined);
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (key === undefined) return undefined;
    const controller = new AbortController();
    setLoading(true);
    run(controller.signal).then(
      (response) => {
        if (controller.signal.aborted) return;
        setState({ key, response });
        setLoading(false);
      },
      (error: unknown) => {
        if (controller.signal.aborted) return;
        setState((before) => ({ ...before, error: toApiError(error) }));
        setLoading(false);
      },
    );
    return () => controller.abort();
  }, [key, session.token, round]);
  return { ...state, isLoading, reload: () => setRound((count) => count + 1) };
}
