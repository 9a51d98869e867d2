import { useEffect } from 'preact/hooks';

/** Single keys that do something on a page, unless somebody types text or a dialog is open. */
export function useKeys(keys: Readonly<Record<string, () => void>>): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event)) return;
      if (!Object.hasOwn(keys, event.key)) return;
      event.preventDefault();
      keys[event.key]?.();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [keys]);
}

function isTyping(event: KeyboardEvent): boolean {
  const [target] = event.composedPath(); // also inside of the custom element
  return target instanceof Element && target.closest('input, textarea, select, [contenteditable], dialog') !== null;
}
