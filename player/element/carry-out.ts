/** Does what a key asks for. */
import { speedAfter, type KeyCommand } from './keys.ts'
import type { PlayerParts } from './template.ts'

/** Carries a command out on the media element; the controls show themselves meanwhile. */
export function carryOut(
  command: Exclude<KeyCommand, { do: 'toggle-dashboard' }>,
  { video, controller }: Pick<PlayerParts, 'video' | 'controller'>,
): void {
  const clamped = (value: number, most: number): number => Math.min(Math.max(0, value), most)
  const seek = (toS: number): void => {
    if (Number.isFinite(video.duration)) video.currentTime = clamped(toS, video.duration)
  }
  // media-chrome shows the controls on any key released over them.
  controller.dispatchEvent(new KeyboardEvent('keyup'))
  switch (command.do) {
    case 'toggle-play':
      if (video.paused || video.ended) void video.play().catch(() => undefined)
      else video.pause()
      return
    case 'toggle-mute':
      video.muted = !video.muted
      return
    case 'toggle-fullscreen':
      request(controller, controller.hasAttribute('mediaisfullscreen') ? 'mediaexitfullscreenrequest' : 'mediaenterfullscreenrequest')
      return
    case 'seek-by':
      return seek(video.currentTime + command.seconds)
    case 'seek-to':
      return seek(video.duration * command.part)
    case 'volume-by':
      // Louder than silence is heard: the arrow means it.
      if (command.by > 0) video.muted = false
      video.volume = clamped(Math.round((video.volume + command.by) * 100) / 100, 1)
      return
    case 'speed-by':
      video.playbackRate = speedAfter(video.playbackRate, command.steps)
  }
}

/** Full screen is the controller's: it knows the prefixes, and iPhones, where only the <video> can. */
function request(controller: HTMLElement, type: string): void {
  controller.dispatchEvent(new CustomEvent(type, { bubbles: true, composed: true }))
}
