/** Does to the media element what the watchdog decided, and says so. */
import type { EventBody } from './events.ts'
import type { WatchAction } from './watchdog.ts'

/** Answers true when the element is to be set up anew, which is not done here. */
export function carryOut(action: WatchAction, video: HTMLMediaElement, emit: (event: EventBody) => void): boolean {
  if (action.action === 'jump') {
    emit({ type: 'gap-jumped', fromS: video.currentTime, toS: action.toS, reason: action.reason })
    video.currentTime = action.toS
  } else if (action.action === 'nudge') {
    emit({ type: 'nudged', atS: video.currentTime, count: action.count })
    video.currentTime = action.toS
  } else if (action.action === 'say') {
    emit({ type: 'watchdog', waitsFor: action.waitsFor, sinceMs: Math.round(action.sinceMs) })
  }
  return action.action === 'reset'
}
