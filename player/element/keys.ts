/**
 * The keys of the player, those people know from other video sites. `commandFor` says what a key means, `isTaken` whether
 * the element that has the focus needs it for itself: a page with a player is still a page to type in.
 */

/** What a key asks for. */
export type KeyCommand =
  | { do: 'toggle-play' }
  | { do: 'toggle-mute' }
  | { do: 'toggle-fullscreen' }
  | { do: 'toggle-dashboard' }
  | { do: 'seek-by'; seconds: number }
  /** `part` of the duration, 0 to 0.9. */
  | { do: 'seek-to'; part: number }
  /** `by` in volume, which goes from 0 to 1. */
  | { do: 'volume-by'; by: number }
  /** Steps in `SPEEDS`. */
  | { do: 'speed-by'; steps: number }

/** The part of a KeyboardEvent that is read. */
export type KeyPress = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'altKey' | 'metaKey' | 'repeat'>

/** Playback rates to choose from, in the menu and by key. */
export const SPEEDS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2] as const

const COMMANDS: Readonly<Record<string, KeyCommand>> = {
  ' ': { do: 'toggle-play' },
  k: { do: 'toggle-play' },
  m: { do: 'toggle-mute' },
  f: { do: 'toggle-fullscreen' },
  d: { do: 'toggle-dashboard' },
  j: { do: 'seek-by', seconds: -10 },
  l: { do: 'seek-by', seconds: 10 },
  arrowleft: { do: 'seek-by', seconds: -5 },
  arrowright: { do: 'seek-by', seconds: 5 },
  arrowup: { do: 'volume-by', by: 0.05 },
  arrowdown: { do: 'volume-by', by: -0.05 },
  '<': { do: 'speed-by', steps: -1 },
  '>': { do: 'speed-by', steps: 1 },
}

/** The command of a key, or null. A key held down repeats only what goes in steps. */
export function commandFor(press: KeyPress): KeyCommand | null {
  if (press.ctrlKey || press.altKey || press.metaKey) return null
  const command = /^[0-9]$/.test(press.key) ? { do: 'seek-to' as const, part: Number(press.key) / 10 } : COMMANDS[press.key.toLowerCase()]
  if (!command || (press.repeat && command.do.startsWith('toggle'))) return null
  return command
}

/** The playback rate some steps from this one, within `SPEEDS`. */
export function speedAfter(rate: number, steps: number): number {
  const nearest = SPEEDS.findLastIndex((speed) => speed <= rate + 0.001)
  return SPEEDS[Math.min(Math.max(0, nearest + steps), SPEEDS.length - 1)] ?? 1
}

/** Whether something on the event's way from the focused element uses the key itself. */
export function isTaken(path: readonly EventTarget[], key: string): boolean {
  return path.some((target) => {
    if (!(target instanceof HTMLElement)) return false
    if (target.isContentEditable || target.matches(TYPED_IN)) return true
    // media-chrome says which keys its parts use. Its time line moves by five seconds like everything else here.
    const used: unknown = Reflect.get(target, 'keysUsed')
    if (Array.isArray(used) && used.includes(key) && target.localName !== 'media-time-range') return true
    return key === ' ' && target.matches(PRESSED)
  })
}

const TYPED_IN = 'input:not([type=range], [type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, dialog'
const PRESSED = 'button, summary, input, [role=button], a[href]'
