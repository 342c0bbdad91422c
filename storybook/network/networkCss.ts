/** As text: Storybook's own window loads no style sheets of add-ons. In the colours of its theme, light or dark. */
export const networkCss = `
.qw-network, .qw-network * { box-sizing: border-box; }
.qw-network { display: flex; flex-wrap: wrap; block-size: 100%; font-size: 12px; }
.qw-network-controls { display: grid; flex: 1 1 340px; min-inline-size: 0; gap: 16px; align-content: start; padding: 16px; }
.qw-network-knobs label { display: grid; grid-template-columns: 84px 1fr 64px; gap: 8px; align-items: center; min-block-size: 26px; }
.qw-network-knobs output { text-align: end; font-variant-numeric: tabular-nums; }
.qw-network-accidents { display: flex; flex-wrap: wrap; gap: 8px; }
.qw-network-accidents button { padding: 5px 10px; border: 1px solid color-mix(in srgb, currentColor 30%, transparent); border-radius: 4px; background: none; color: inherit; font: inherit; cursor: pointer; }
.qw-network-accidents button:hover { background: color-mix(in srgb, currentColor 8%, transparent); }
.qw-network table { border-collapse: collapse; }
.qw-network :is(th, td) { padding: 3px 12px 3px 0; text-align: start; font-variant-numeric: tabular-nums; }
.qw-network th { font-weight: 400; opacity: 0.85; }
.qw-network-log { flex: 2 1 420px; min-inline-size: 0; block-size: 100%; min-block-size: 120px; margin: 0; padding: 12px 16px; overflow: auto; list-style: none; line-height: 1.6; }
.qw-network-log li { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.qw-network-log time { opacity: 0.85; font-variant-numeric: tabular-nums; }
.qw-network-text { font-family: ui-monospace, monospace; font-size: 11px; }
.qw-network-log li:is([data-type="transition"], [data-type="error"], [data-type="wait"]) { font-weight: 600; }
`
