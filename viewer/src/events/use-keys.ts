import { useEffect } from 'preact/hooks';
import { useViewer } from '../viewer-context.js';

/** Binds single keys to actions on a page, unless somebody types text or a dialog is open. */
export function useKeys(keys: Readonly<Record<string, () => void>>): void {
  const { root } = useViewer();
  useEffect(() => {
    const press = (pressed: Event) => {
      const event = pressed as KeyboardEvent; // of this name
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event)) return;
      if (!Object.hasOwn(keys, event.key)) return;
      event.preventDefault();
      keys[event.key]?.();
    };
    root.addEventListener('keydown', press);
    return () => root.removeEventListener('keydown', press);
  }, [keys, root]);
}

function isTyping(event: KeyboardEvent): boolean {
  const [target] = event.composedPath(); // also inside of the custom element
  return target instanceof Element && target.closest('input, textarea, select, [contenteditable], dialog') !== null;
}
