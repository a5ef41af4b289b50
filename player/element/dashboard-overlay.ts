/**
 * The dashboard over the picture, loaded when it is first asked for. A player too small to read charts in gets it over the
 * whole page.
 */
import { defineSluiceDashboard, SluiceDashboardElement } from '../dashboard/dashboard.ts'
import type { EventLog } from '../engine/events.ts'
import { recordingName, type SessionRecording } from '../session/recording.ts'

/** Narrower players show it over the page, CSS pixels. */
const IN_PLACE_FROM = 640

const STYLE = `
.dashboard { box-sizing: border-box; margin: 0; border: 0; max-width: none; max-height: none; color: inherit; overscroll-behavior: contain; }
.dashboard:not(:modal) { position: absolute; z-index: 2; inset: 0 0 64px; width: auto; height: auto; padding: 10px; overflow: auto; background: rgb(4 9 10 / 0.82); }
.dashboard:modal { inset: 0; width: 100%; height: 100%; padding: 10px; overflow: auto; background: #05090a; }
.dashboard button { min-height: 32px; padding: 0 10px; font: 13px system-ui, sans-serif; color: #e6eeed; background: none; border: 1px solid #2b393b; border-radius: 6px; cursor: pointer; }
.dashboard button:hover { background: rgb(255 255 255 / 0.1); }
.dashboard button:focus-visible { outline: 2px solid var(--sluice-accent, #4cc2ff); outline-offset: 1px; }
`

/** What the overlay needs of the player. */
export interface DashboardHost {
  root: ShadowRoot
  width: number
  log: EventLog
  /** Null when there is no session any more. */
  record: () => SessionRecording | null
  closed: () => void
}

/** Opens it; returns what closes it. */
export function openDashboard({ root, width, log, record, closed }: DashboardHost): () => void {
  defineSluiceDashboard()
  const dialog = document.createElement('dialog')
  dialog.className = 'dashboard'
  dialog.setAttribute('aria-label', 'Dashboard of this session')
  const style = document.createElement('style')
  style.textContent = STYLE
  const dashboard = new SluiceDashboardElement()
  dashboard.dataset['over'] = ''
  const tools = document.createElement('div')
  tools.slot = 'tools'
  tools.append(
    button('Export', () => {
      const recording = record()
      if (recording) save(recording)
    }),
    ' ',
    button('Close', () => dialog.close()),
  )
  dashboard.append(tools)
  dialog.append(style, dashboard)
  // Keys that scrub and scroll here are not the player's.
  dialog.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' || event.key.toLowerCase() === 'd') dialog.close()
    event.stopPropagation()
  })
  dialog.addEventListener('close', () => {
    dialog.remove()
    closed()
  })
  root.append(dialog)
  if (width < IN_PLACE_FROM) dialog.showModal()
  else {
    // In place it takes no focus: the player's keys go on working.
    const before = document.activeElement
    dialog.show()
    if (before instanceof HTMLElement) before.focus({ preventScroll: true })
    if (root.activeElement !== null && dialog.contains(root.activeElement)) (root.activeElement as HTMLElement).blur()
  }
  dashboard.follow(log)
  return () => dialog.close()
}

function button(text: string, act: () => void): HTMLButtonElement {
  const element = document.createElement('button')
  element.type = 'button'
  element.textContent = text
  element.addEventListener('click', act)
  return element
}

/** Saves a recording as a file. */
export function save(recording: SessionRecording): void {
  const url = URL.createObjectURL(new Blob([JSON.stringify(recording)], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = url
  link.download = recordingName(recording)
  link.click()
  // The download has begun when the click has been handled.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
