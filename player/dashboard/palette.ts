/** Colours as a canvas needs them: resolved, and again when the page turns dark. */

const NAMES = ['ink', 'muted', 'line', 'main', 'second', 'estimate', 'actual', 'bad', 'switch', 'wait', 'ground'] as const
export type Palette = Record<(typeof NAMES)[number], string>

/** Reads the colours `--dash-…` where `host` stands: custom properties themselves are not resolved, a colour is. */
export function paletteOf(host: HTMLElement): Palette {
  const root = host.shadowRoot ?? host
  const probe = document.createElement('i')
  probe.hidden = true
  root.append(probe)
  const colours = NAMES.map((name) => {
    probe.style.color = `var(--dash-${name})`
    return [name, getComputedStyle(probe).color] as const
  })
  probe.remove()
  return Object.fromEntries(colours) as Palette
}

/** Calls back when the page's colour scheme changes; returns what ends that. */
export function onSchemeChange(then: () => void): () => void {
  const query = matchMedia('(prefers-color-scheme: dark)')
  query.addEventListener('change', then)
  return () => query.removeEventListener('change', then)
}
