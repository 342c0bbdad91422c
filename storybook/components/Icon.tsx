/** The drawings on buttons. Decoration: every button says in words what it does. */

/** On a grid of 20, as strokes; so they are as thick everywhere, and have the colour of the text. */
const SHAPES = {
  smile:
    'M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15ZM6.8 11.6c.6 1.5 1.8 2.3 3.2 2.3s2.6-.8 3.2-2.3M7.5 8v.2M12.5 8v.2',
  reply: 'M8 5 3.5 9.5 8 14M4 9.5h7.5c3 0 5 2 5 5.5',
  more: 'M4.5 10v.1M10 10v.1M15.5 10v.1',
  edit: 'M12.6 4.2l3.2 3.2M3.5 16.5l.7-3.6 9-9a1.6 1.6 0 0 1 2.3 0l.6.6a1.6 1.6 0 0 1 0 2.3l-9 9-3.6.7Z',
  copy: 'M7.5 7.5h8v9h-8zM12.5 7.5v-4h-8v9h3',
  link: 'M8.2 11.8a3.3 3.3 0 0 0 4.7 0l2.6-2.6a3.3 3.3 0 0 0-4.7-4.7l-.9.9M11.8 8.2a3.3 3.3 0 0 0-4.7 0l-2.6 2.6a3.3 3.3 0 0 0 4.7 4.7l.9-.9',
  unread: 'M3.5 5.5h7.5M3.5 10h13M3.5 14.5h13M15.2 5.4v.2',
  trash: 'M3.5 5.5h13M8 5V3.5h4V5M5.5 5.5l.7 11h7.6l.7-11M8.3 8.8v4.7M11.7 8.8v4.7',
  retry: 'M16 10a6 6 0 1 1-1.8-4.2L16 7.5M16 3.5v4h-4',
  close: 'm5 5 10 10M15 5 5 15',
  check: 'm4 10.5 4 4 8-9',
  stop: 'M6 6h8v8H6z',
  search: 'M8.8 3.5a5.3 5.3 0 1 0 0 10.6 5.3 5.3 0 0 0 0-10.6ZM12.8 12.8l3.7 3.7',
  plus: 'M10 4v12M4 10h12',
  people:
    'M7.5 4a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6ZM2.5 16c.3-2.7 2.3-4.2 5-4.2s4.7 1.5 5 4.2M13 4.4a2.6 2.6 0 0 1 0 4.8M14.3 12c1.8.5 3 1.9 3.2 4',
  eye: 'M2.5 10c1.7-3.2 4.3-4.8 7.5-4.8s5.8 1.6 7.5 4.8c-1.7 3.2-4.3 4.8-7.5 4.8S4.2 13.2 2.5 10ZM10 7.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4Z',
} as const

export type IconName = keyof typeof SHAPES

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="qw-icon" viewBox="0 0 20 20" aria-hidden="true" data-icon={name}>
      <path
        d={SHAPES[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth={name === 'more' ? 2.4 : 1.6}
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  )
}
