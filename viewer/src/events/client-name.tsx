import { useEffect, useState } from 'preact/hooks';
import { PlainText } from '../design/plain-text.js';
import { toVisibleText } from '../design/visible-text.js';

let describe: ((userAgent: string) => string | undefined) | undefined;

/** The title has the whole text. The names of browsers are loaded when they are first needed. */
export function ClientName({ userAgent }: { readonly userAgent: string }) {
  const [, setLoaded] = useState(describe !== undefined);
  useEffect(() => {
    if (describe !== undefined) return;
    import('./describe-client.js').then(
      ({ describeClient }) => {
        describe = describeClient;
        setLoaded(true);
      },
      () => undefined, // the whole text stays
    );
  }, []);
  return (
    <span title={toVisibleText(userAgent)}>
      <PlainText text={describe?.(userAgent) ?? userAgent} />
    </span>
  );
}
