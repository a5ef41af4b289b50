/** The parts of the dashboard's tree. */
import uplotStyle from 'uplot/dist/uPlot.min.css?inline'
import { STYLE } from './style.ts'

const MARKUP = `
<div class="board">
  <section class="panel wide top" aria-label="Session">
    <dl class="figures"></dl>
    <div class="tools">
      <label class="scrub"><span>Time</span><input type="range" min="0" max="0" step="0.1" value="0" /><output></output></label>
      <div class="group" role="group" aria-label="Stretch shown">
        <button type="button" data-last="60" aria-pressed="true">1 min</button>
        <button type="button" data-last="300" aria-pressed="false">5 min</button>
        <button type="button" data-last="all" aria-pressed="false">All</button>
      </div>
      <slot name="tools"></slot>
    </div>
  </section>
  <section class="panel" data-chart="buffer"><h3>Buffer <output></output><span class="keys"></span></h3><div class="plot" role="img"></div></section>
  <section class="panel" data-chart="rendition"><h3>Rendition <output></output><span class="keys"></span></h3><div class="plot" role="img"></div></section>
  <section class="panel" data-chart="throughput"><h3>Throughput <output></output><span class="keys"></span></h3><div class="plot" role="img"></div></section>
  <section class="panel" data-chart="dropped"><h3>Dropped frames <output></output><span class="keys"></span></h3><div class="plot" role="img"></div></section>
  <section class="panel" data-chart="latency" hidden><h3>Behind the live edge <output></output><span class="keys"></span></h3><div class="plot" role="img"></div></section>
  <section class="panel why"><h3>Stalls and switches <output></output></h3><div class="scroll" tabindex="0" role="group" aria-label="Stalls and switches"><ol></ol></div></section>
  <section class="panel events">
    <div class="head-row"><h3>Events</h3>
      <div class="group" role="group" aria-label="Events listed">
        <button type="button" data-filter="all" aria-pressed="true">All</button>
        <button type="button" data-filter="decisions" aria-pressed="false">Decisions</button>
        <button type="button" data-filter="problems" aria-pressed="false">Problems</button>
      </div>
    </div>
    <div class="scroll" tabindex="0" role="group" aria-label="Events; arrow keys go from one to the next"></div>
  </section>
  <section class="panel wide waterfall">
    <h3>Requests <span class="keys"><span><i style="color: var(--dash-wait)"></i>wait for the first byte</span><span><i style="color: var(--dash-main)"></i>segment</span><span><i style="color: var(--dash-second)"></i>playlist, init</span></span></h3>
    <div class="scroll" tabindex="0" role="group" aria-label="Requests; arrow keys go from one to the next"></div>
    <p class="detail" role="status"></p>
  </section>
</div>
`

/** Charts by name. */
export const CHARTS = ['buffer', 'rendition', 'throughput', 'dropped', 'latency'] as const
export type ChartName = (typeof CHARTS)[number]

/** Fills a shadow root. */
export function fill(root: ShadowRoot): void {
  const sheets = [uplotStyle, STYLE].map((text) => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(text)
    return sheet
  })
  root.adoptedStyleSheets = sheets
  const template = document.createElement('template')
  template.innerHTML = MARKUP
  root.append(document.importNode(template.content, true))
}

/** The part that a selector names. Throws when the template has none. */
export function part<T extends Element>(root: ParentNode, selector: string, kind: abstract new (...args: never[]) => T): T {
  const found = root.querySelector(selector)
  if (!(found instanceof kind)) throw new Error(`the template has no ${selector}`)
  return found
}
