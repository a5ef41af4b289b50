/** How the dashboard looks. Colours come from the page where it has them (`--water`, …), else they are its own. */
export const STYLE = `
:host {
  --dash-ground: var(--surface, light-dark(#ffffff, #131c1e));
  --dash-ink: var(--ink, light-dark(#10211f, #e6eeed));
  --dash-muted: var(--muted, light-dark(#526361, #97a9a7));
  --dash-line: var(--line, light-dark(#d9e2e1, #243133));
  --dash-edge: var(--edge, light-dark(#7d8f8d, #6a7f7d));
  --dash-main: var(--water, light-dark(#0b6b75, #4fc3cf));
  --dash-second: light-dark(#8a6fb3, #b39ddb);
  --dash-estimate: light-dark(#8a5a00, #e0b252);
  --dash-actual: var(--water, light-dark(#0b6b75, #4fc3cf));
  --dash-bad: var(--bad, light-dark(#b3261e, #ff8f85));
  --dash-switch: light-dark(#7a5fb0, #b39ddb);
  --dash-wait: light-dark(#a9c9cc, #2f5a60);
  display: block;
  container-type: inline-size;
  color: var(--dash-ink);
  font: 0.8125rem/1.4 var(--sans, system-ui, sans-serif);
  font-variant-numeric: tabular-nums;
}
:host([data-over]) {
  color-scheme: dark;
  --dash-ground: #10191be6;
  --dash-ink: #e6eeed;
  --dash-muted: #a6b6b4;
  --dash-line: #2b393b;
  --dash-edge: #6a7f7d;
  --dash-main: #4fc3cf;
  --dash-actual: #4fc3cf;
  --dash-bad: #ff8f85;
}
* { box-sizing: border-box; }
h3, p, ol, dl, dd { margin: 0; padding: 0; }
ol { list-style: none; }
.board { display: grid; gap: 0.625rem; grid-template-columns: minmax(0, 1fr); }
.panel { min-width: 0; padding: 0.5rem 0.75rem 0.625rem; background: var(--dash-ground); border: 1px solid var(--dash-line); border-radius: 8px; }
.panel > h3, .head-row { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.125rem 0.875rem; min-height: 1.5rem; }
h3 { font-size: 0.8125rem; font-weight: 600; }
h3 output { color: var(--dash-muted); font-weight: 400; }
h3 i { display: inline-block; width: 0.75rem; height: 3px; margin-right: 0.3125rem; vertical-align: 0.1875rem; background: currentcolor; border-radius: 2px; }
h3 i[data-look='dots'] { width: 6px; height: 6px; vertical-align: 0.0625rem; border-radius: 50%; }
h3 i[data-look='dashed'] { background: repeating-linear-gradient(90deg, currentcolor 0 4px, transparent 4px 7px); }
.keys { display: flex; flex-wrap: wrap; gap: 0 0.875rem; margin-left: auto; color: var(--dash-muted); font-weight: 400; white-space: nowrap; }
.plot { height: 8.5rem; margin: 0 -0.25rem -0.25rem -0.5rem; }
.plot canvas { display: block; }
:host([data-over]) .plot { height: 6.5rem; }
.top { display: grid; gap: 0.5rem; }
.figures { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; }
.figures div { display: flex; gap: 0.375rem; align-items: baseline; }
.figures dt { color: var(--dash-muted); }
.figures dd { font-weight: 600; }
.figures [data-bad] dd { color: var(--dash-bad); }
.tools { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 0.75rem; }
.scrub { display: flex; flex: 1 1 14rem; align-items: center; gap: 0.5rem; min-width: 0; }
.scrub input { flex: 1; min-width: 0; margin: 0; accent-color: var(--dash-main); }
.scrub output { min-width: 4.5ch; text-align: right; }
.group { display: flex; }
button {
  min-height: 2rem; padding: 0 0.625rem; font: inherit; color: inherit; background: none;
  border: 1px solid var(--dash-line); border-radius: 6px; cursor: pointer;
}
.group button { border-radius: 0; margin-left: -1px; }
.group button:first-child { border-radius: 6px 0 0 6px; margin-left: 0; }
.group button:last-child { border-radius: 0 6px 6px 0; }
button:hover { background: color-mix(in srgb, var(--dash-ink) 8%, transparent); }
button[aria-pressed='true'] { color: var(--dash-main); border-color: var(--dash-main); position: relative; }
:focus-visible { outline: 2px solid var(--dash-main); outline-offset: 1px; }
.scroll { position: relative; height: 13rem; overflow-y: auto; overscroll-behavior: contain; }
.waterfall .scroll { height: auto; min-height: 3rem; max-height: 16rem; }
.head-row { align-items: center; margin-bottom: 0.375rem; }
.head-row button { min-height: 1.625rem; padding: 0 0.5rem; }
.panel > .scroll { margin-top: 0.25rem; }
.waterfall canvas { position: sticky; top: 0; display: block; }
.detail { min-height: 2.8em; margin-top: 0.375rem; color: var(--dash-muted); overflow-wrap: anywhere; }
.events ol { position: relative; }
.events li { position: absolute; left: 0; right: 0; display: flex; gap: 0.75rem; height: 22px; padding: 0 0.25rem; line-height: 22px; white-space: nowrap; cursor: pointer; border-radius: 3px; }
.events li:hover, .events li[data-active] { background: color-mix(in srgb, var(--dash-main) 14%, transparent); }
.events time, .why time { flex: none; min-width: 4.5ch; color: var(--dash-muted); text-align: right; }
.events span { overflow: hidden; text-overflow: ellipsis; }
.events li[data-tone='bad'] span { color: var(--dash-bad); }
.events li[data-tone='warn'] span { color: var(--dash-estimate); }
.why button { display: flex; gap: 0.75rem; width: 100%; min-height: 0; padding: 0.25rem; text-align: left; border: 0; border-radius: 3px; }
.why b { flex: none; width: 3.25rem; font-weight: 600; color: var(--dash-switch); }
.why [data-what='stall'] b { color: var(--dash-bad); }
.why span { min-width: 0; overflow-wrap: anywhere; }
.empty { padding: 0.25rem; color: var(--dash-muted); }
[hidden] { display: none !important; }
@container (min-width: 44rem) {
  .board { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .wide { grid-column: 1 / -1; }
}
`
