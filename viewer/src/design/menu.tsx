import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon, type IconName } from './icon.js';

export interface MenuHandle {
  readonly open: () => void;
}

export function Menu(props: {
  readonly label: string;
  readonly icon?: IconName;
  readonly class?: string;
  readonly isIconOnly?: boolean;
  readonly handle?: { current: MenuHandle | null };
  readonly children: (close: () => void) => ComponentChildren;
}) {
  const { label, icon, class: name = '', isIconOnly = false, handle, children } = props;
  const [isOpen, setOpen] = useState(false);
  if (handle !== undefined) handle.current = { open: () => setOpen(true) };
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  // If this effect ran after the next key, it could move the focus into a panel that Escape has just closed.
  useLayoutEffect(() => {
    if (!isOpen) return undefined;
    root.current?.querySelector<HTMLElement>('.menu-panel :is(button, input, select, a)')?.focus();
    const leave = (event: Event) => {
      // Uses the composed path, because outside a shadow root, the target of an event from inside is the root's host.
      if (root.current && !event.composedPath().includes(root.current)) setOpen(false);
    };
    document.addEventListener('pointerdown', leave);
    document.addEventListener('focusin', leave);
    return () => {
      document.removeEventListener('pointerdown', leave);
      document.removeEventListener('focusin', leave);
    };
  }, [isOpen]);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <div
      ref={root}
      class={`menu ${name}`}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !isOpen) return;
        event.stopPropagation();
        close();
      }}
    >
      <button
        ref={button}
        type="button"
        class={`button is-small${isIconOnly ? ' is-icon' : ''}`}
        aria-expanded={isOpen}
        aria-haspopup="dialog"
        aria-label={isIconOnly ? label : undefined}
        title={isIconOnly ? label : undefined}
        onClick={() => setOpen(!isOpen)}
      >
        {icon !== undefined && <Icon name={icon} />}
        {!isIconOnly && label}
        {!isIconOnly && <Icon name="down" />}
      </button>
      {isOpen && (
        <div class="menu-panel" role="dialog" aria-label={label}>
          {children(close)}
        </div>
      )}
    </div>
  );
}
