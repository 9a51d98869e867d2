const PATHS = {
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM10.5 10.5l3.5 3.5',
  close: 'M4 4l8 8M12 4l-8 8',
  check: 'M3 8.5l3.2 3L13 4.5',
  lock: 'M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5',
  clock: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM8 5v3.2l2 1.3',
  warning: 'M8 2.5l6 11H2zM8 6.5v3M8 11.4v.2',
  database: 'M3 4c0-2 10-2 10 0v8c0 2-10 2-10 0zM3 4c0 2 10 2 10 0M3 8c0 2 10 2 10 0',
  offline: 'M2 6.5C5.5 3 10.5 3 14 6.5M4.5 9c2-1.8 5-1.8 7 0M8 12v.2M2.5 2.5l11 11',
  download: 'M8 2.5v7.5M5 7l3 3 3-3M3 13.5h10',
  play: 'M5 3.5v9l7-4.5z',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  back: 'M10 3.5L5.5 8l4.5 4.5',
  chevron: 'M6 4l4 4-4 4',
  down: 'M4 6l4 4 4-4',
  user: 'M8 2.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5zM3 13.5c.5-5 9.5-5 10 0',
  copy: 'M5.5 5.5h7v8h-7zM10.5 5.5v-3h-7v8h2',
  star: 'M8 2.2l1.8 3.7 4 .6-2.9 2.8.7 4L8 11.4l-3.6 1.9.7-4L2.2 6.5l4-.6z',
  minus: 'M3.5 8h9',
  plus: 'M3.5 8h9M8 3.5v9',
  shield: 'M8 2l5 1.8v3.7c0 3.2-2.2 5.3-5 6.5-2.8-1.2-5-3.3-5-6.5V3.8z',
  keyboard: 'M1.5 4.5h13v7h-13zM4 7h.2M6.5 7h.2M9 7h.2M11.5 7h.2M5 9.3h6',
  filter: 'M2 3.5h12L9.5 8.5v4l-3 1v-5z',
  gear: 'M8 5.7a2.3 2.3 0 1 1 0 4.6 2.3 2.3 0 0 1 0-4.6zM8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2M3.4 3.4l1.4 1.4M11.2 11.2l1.4 1.4M12.6 3.4l-1.4 1.4M4.8 11.2l-1.4 1.4',
  archive: 'M2.5 3h11v3h-11zM3.5 6v7h9V6M6.5 8.5h3',
  eraser: 'M6 13.5L2.5 10 9 3.5l4.5 4.5-5.5 5.5zM5.5 7l4.5 4.5M6 13.5h8',
  pencil: 'M3 13l.8-3.2 7-7 2.4 2.4-7 7zM9.5 4.1l2.4 2.4',
} as const;

export type IconName = keyof typeof PATHS;

/** A text beside the icon, or the label of the icon's button, gives the meaning. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
