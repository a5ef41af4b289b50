/** What browser tests expect of playback: the frames that were asked for, and the end. */
import { expect } from 'vitest'
import { FPS } from './ts-fixture.ts'
import { ofType, type PlayerRig } from './use-player.ts'

export interface Playback {
  /** Seconds: the middle of a frame. */
  timeOf: (frame: number) => number
  /** Seeks to the frames and reads them off the picture. */
  expectFrames: (frames: readonly number[]) => Promise<void>
  /** Plays from near the end; what comes out is the end, where the playlist says, and nothing was lost on the way. */
  expectEnd: (durationS: number) => Promise<void>
}

/** For the player of the rig as it is when something is expected. */
export function playback(rig: PlayerRig): Playback {
  const timeOf = (frame: number): number => (frame + 0.5) / FPS
  return {
    timeOf,
    async expectFrames(frames) {
      for (const frame of frames) expect(await rig.player.seekAndRead(timeOf(frame)), `frame ${frame}`).toBe(frame)
    },
    async expectEnd(durationS) {
      const { player } = rig
      await player.run(`(video.currentTime = ${durationS - 0.6}, await player.play())`)
      await player.until('video.ended')
      expect(Math.abs((await player.run<number>('video.duration')) - durationS)).toBeLessThan(0.1)
      const events = await player.events()
      for (const type of ['segment-skipped', 'segment-from-other', 'request-failed', 'gap-jumped', 'recovered', 'error'] as const) {
        expect(ofType(events, type), type).toEqual([])
      }
    },
  }
}
