/** As text: Storybook's own window loads no style sheets of add-ons. In the colours of its theme, light or dark. */
import { logCss } from '../../src/devtools/panelCss.ts'

export const networkCss = `${logCss}
.qw-network, .qw-network * { box-sizing: border-box; }
.qw-network { display: flex; flex-wrap: wrap; block-size: 100%; font-size: 12px; line-height: 1.5; }
.qw-network-controls { display: grid; grid-template-columns: minmax(0, 1fr); flex: 1 1 340px; min-inline-size: 0; max-block-size: 100%; gap: 16px; align-content: start; padding: 16px; overflow: auto; border-inline-end: 1px solid color-mix(in srgb, currentColor 16%, transparent); }
.qw-network-knobs label { display: grid; grid-template-columns: 84px minmax(0, 1fr) 64px; gap: 8px; align-items: center; min-block-size: 26px; }
.qw-network-knobs output { text-align: end; font-variant-numeric: tabular-nums; }
.qw-network-accidents { display: flex; flex-wrap: wrap; gap: 8px; }
.qw-network-accidents button { padding: 5px 10px; border: 1px solid color-mix(in srgb, currentColor 28%, transparent); border-radius: 6px; background: none; color: inherit; font: inherit; cursor: pointer; }
.qw-network-accidents button:hover { background: color-mix(in srgb, currentColor 8%, transparent); }
`
