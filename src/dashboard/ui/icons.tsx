/** Drawn here, 20 by 20, one stroke: no icon font, no request. */
const PATHS = {
  home: "M3 9.5 10 4l7 5.5V16a1 1 0 0 1-1 1h-3.5v-4.5h-5V17H4a1 1 0 0 1-1-1z",
  check: "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM6.8 10.2l2.2 2.2 4.2-4.6",
  tick: "M4.5 10.5 8.5 14.5 15.5 6",
  list: "M6.5 5H17M6.5 10H17M6.5 15H17M3 5h.5M3 10h.5M3 15h.5",
  agent: "M6 7h8a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2zM10 7V4M8 11v1M12 11v1",
  shield: "M10 2.8 16 5v4.6c0 3.6-2.5 6.3-6 7.6-3.5-1.3-6-4-6-7.6V5z",
  bell: "M5.5 8.5a4.5 4.5 0 0 1 9 0c0 4 1.5 5 1.5 5H4s1.5-1 1.5-5M8.5 16.2a1.7 1.7 0 0 0 3 0",
  key: "M12.5 11.5a4 4 0 1 0-3.7-2.4L3 15v2h2.6v-1.8h1.8v-1.8h1.8l1.4-1.5M13 7.5h.01",
  hook: "M7 13a3 3 0 1 1-3.4-3M13 13h-5M13 13a3 3 0 1 1 1 2.2M10 4a3 3 0 0 1 1.6 5.5L13 13M7 13l2.4-4.2",
  chain: "M8.5 11.5 11.5 8.5M9.5 6.5l1.6-1.6a2.8 2.8 0 0 1 4 4L13.5 10.5M10.5 13.5l-1.6 1.6a2.8 2.8 0 0 1-4-4l1.6-1.6",
  gear: "M10 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM10 2.5v2M10 15.5v2M2.5 10h2M15.5 10h2M4.7 4.7l1.4 1.4M13.9 13.9l1.4 1.4M4.7 15.3l1.4-1.4M13.9 6.1l1.4-1.4",
  menu: "M3 6h14M3 10h14M3 14h14",
  snow: "M10 2v16M3 6l14 8M17 6 3 14M10 2l-2 2M10 2l2 2M10 18l-2-2M10 18l2-2",
  plus: "M10 4v12M4 10h12",
  alert: "M10 3 18 16.5H2zM10 8v4M10 14.2h.01",
  copy: "M7 7h9v9H7zM4 13V4h9",
  down: "M10 3v9M6 9l4 4 4-4M4 16h12",
  search: "M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12zM13.5 13.5 17 17",
} as const;
export type IconName = keyof typeof PATHS;

/** Beside a word that says the same, so it is hidden from screen readers. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
