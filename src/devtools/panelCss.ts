/** As text, because a library cannot ask for a loader. Colours that follow the text need no theme of their own. */
export const logCss = `
.qw-dev-log { display: flex; flex-direction: column; flex: 3 1 420px; min-inline-size: 0; min-block-size: 0; block-size: 100%; }
.qw-dev-toolbar { display: flex; flex: none; flex-wrap: wrap; align-items: center; gap: 6px; padding: 8px 12px; border-block-end: 1px solid color-mix(in srgb, currentColor 16%, transparent); }
.qw-dev-toolbar > input { flex: 1 1 120px; min-inline-size: 0; }
.qw-dev-toolbar > * { font: inherit; color: inherit; }
.qw-dev-toolbar > :is(input, select, button) { box-sizing: border-box; block-size: 28px; margin: 0; padding: 0 10px; border: 1px solid color-mix(in srgb, currentColor 28%, transparent); border-radius: 6px; background: transparent; }
.qw-dev-toolbar option { background: Canvas; color: CanvasText; }
.qw-dev-toolbar > input::placeholder { color: inherit; opacity: 0.75; }
.qw-dev-toolbar > :is(select, button) { cursor: pointer; }
.qw-dev-toolbar > :is(select, button):hover { background: color-mix(in srgb, currentColor 8%, transparent); }
.qw-dev-toolbar > button[aria-pressed="true"] { background: color-mix(in srgb, currentColor 18%, transparent); font-weight: 600; }
.qw-dev-count { font-weight: 400; font-variant-numeric: tabular-nums; opacity: 0.8; white-space: nowrap; }
.qw-dev-lines { flex: 1; min-block-size: 0; margin: 0; padding: 4px 0; overflow: auto; list-style: none; }
.qw-dev-lines > li { content-visibility: auto; contain-intrinsic-size: auto 24px; }
.qw-dev-lines button { display: flex; box-sizing: border-box; inline-size: 100%; align-items: baseline; gap: 8px; margin: 0; padding: 3px 12px; border: 0; background: none; color: inherit; font: inherit; line-height: 18px; text-align: start; cursor: pointer; }
.qw-dev-lines button:hover, .qw-dev-lines button[aria-expanded="true"] { background: color-mix(in srgb, currentColor 7%, transparent); }
.qw-dev-lines :is(time, .qw-dev-source) { flex: none; opacity: 0.8; font-variant-numeric: tabular-nums; }
.qw-dev-lines b { flex: none; font-weight: 600; }
.qw-dev-direction { flex: none; inline-size: 1em; text-align: center; }
.qw-dev-text { flex: 1; direction: ltr; min-inline-size: 0; overflow: hidden; font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 11px; opacity: 0.85; text-overflow: ellipsis; white-space: nowrap; }
.qw-dev-lines li:is([data-kind="problem"]) > button { box-shadow: inset 3px 0 #d6453d; }
.qw-dev-lines li:is([data-kind="connection"]) > button { box-shadow: inset 3px 0 #4d7ef0; }
.qw-dev-lines pre { max-block-size: 320px; margin: 0 12px 6px; padding: 8px 12px; overflow: auto; direction: ltr; border-radius: 6px; background: color-mix(in srgb, currentColor 7%, transparent); font: 11px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.qw-dev-empty { margin: 0; padding: 12px; opacity: 0.8; }
.qw-dev-table { inline-size: 100%; border-collapse: collapse; }
.qw-dev-table > caption { padding: 4px 0; font-weight: 600; text-align: start; }
.qw-dev-table :is(th, td) { padding: 3px 10px 3px 0; border-block-start: 1px solid color-mix(in srgb, currentColor 12%, transparent); font-variant-numeric: tabular-nums; text-align: start; vertical-align: top; overflow-wrap: anywhere; }
.qw-dev-table td:first-child { min-inline-size: 6.5em; }
.qw-dev-table th { font-weight: 400; opacity: 0.8; overflow-wrap: normal; vertical-align: bottom; }
.qw-dev-table [data-number="true"] { padding-inline-end: 0; text-align: end; white-space: nowrap; }
.qw-dev-table [data-number="true"] + [data-number="true"] { padding-inline-start: 6px; }
.qw-dev-table td.qw-dev-empty { padding: 3px 0; }
.qw-dev-state { white-space: nowrap; }
.qw-dev-state::before { display: inline-block; inline-size: 8px; block-size: 8px; margin-inline-end: 6px; border-radius: 50%; background: #8b93a1; forced-color-adjust: none; content: ""; }
.qw-dev-state[data-tone="good"]::before { background: #24a05a; }
.qw-dev-state[data-tone="busy"]::before { background: #d1891a; }
.qw-dev-state[data-tone="bad"]::before { background: #d6453d; }
:is(.qw-dev-log, .qw-dev-side) :is(button, input, select, pre):focus-visible, .qw-dev-side:focus-visible { outline: 2px solid #4d7ef0; outline-offset: -2px; }
`

/** One beside the other where there is room, else one above the other. */
export const panelCss = `${logCss}
.qw-dev { --qw-dev-line: color-mix(in srgb, currentColor 16%, transparent); display: flex; flex-wrap: wrap; box-sizing: border-box; block-size: 100%; min-block-size: 0; overflow: auto; background: #ffffff; color: #1c2028; color-scheme: light; font: 12px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
.qw-dev[data-theme="dark"] { background: #15181d; color: #e4e7ec; color-scheme: dark; }
.qw-dev-side { display: grid; grid-template-columns: minmax(0, 1fr); flex: 2 1 340px; gap: 14px; align-content: start; box-sizing: border-box; min-inline-size: 0; max-block-size: 100%; padding: 8px 14px 16px; overflow: auto; border-inline-end: 1px solid var(--qw-dev-line); }
`
