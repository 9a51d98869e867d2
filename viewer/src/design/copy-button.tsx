import { useEffect, useState } from 'preact/hooks';
import { useViewer } from '../viewer-context.js';
import { Icon, type IconName } from './icon.js';

const CONFIRMATION_MS = 2500;

export function CopyButton(props: { readonly text: () => string; readonly label: string; readonly icon?: IconName }) {
  const { text, label, icon = 'copy' } = props;
  const { t } = useViewer();
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle');
  useEffect(() => {
    if (state !== 'copied') return undefined;
    const timer = setTimeout(() => setState('idle'), CONFIRMATION_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = () => {
    const clipboard = navigator.clipboard as Clipboard | undefined; // the browser offers no clipboard without HTTPS
    if (clipboard === undefined) {
      setState('refused');
      return;
    }
    clipboard.writeText(text()).then(
      () => setState('copied'),
      () => setState('refused'),
    );
  };
  return (
    <>
      <button type="button" class="button is-small" onClick={copy}>
        <Icon name={state === 'copied' ? 'check' : icon} />
        {label}
      </button>
      <span class="visually-hidden" role="status">
        {state === 'copied' ? t('common.copied') : ''}
      </span>
      {state === 'refused' && (
        <textarea
          class="input copy-text"
          aria-label={label}
          readOnly
          value={text()}
          onFocus={({ currentTarget }) => currentTarget.select()}
        />
      )}
    </>
  );
}
