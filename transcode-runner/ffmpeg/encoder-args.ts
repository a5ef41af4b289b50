/**
 * Options of the video encoders. The same for all: a keyframe at every `gopFrames` frames and nowhere else, closed GOPs,
 * constant quality under a cap, 8-bit 4:2:0 in BT.709.
 */
import type { Plan, VideoRung } from '../../protocol/plan.ts'

/** Which encoder makes which codec. */
export const ENCODERS = { h264: 'libx264', hevc: 'libx265', vp9: 'libvpx-vp9', av1: 'libsvtav1' } as const

/** `-c:v` and all that belongs to it. `preset` is x264's; the others have one fitting speed each. */
export function encoderArgs(rung: VideoRung, { timeline }: Pick<Plan, 'timeline'>, preset: string): string[] {
  const gop = String(timeline.gopFrames)
  return [
    ...['-c:v', ENCODERS[rung.codec]],
    ...codecArgs(rung, gop, preset),
    ...['-g', gop, '-pix_fmt', 'yuv420p'],
    ...['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv'],
  ]
}

function codecArgs({ codec, crf, maxBitrateBps, bufferBits }: VideoRung, gop: string, preset: string): string[] {
  const cap = ['-crf', String(crf), '-maxrate', String(maxBitrateBps), '-bufsize', String(bufferBits)]
  switch (codec) {
    case 'h264':
      return ['-preset', preset, '-profile:v', 'high', ...cap, '-keyint_min', gop, '-sc_threshold', '0', '-flags', '+cgop']
    case 'hevc': {
      const kbps = (bits: number): number => Math.round(bits / 1000)
      const params = `min-keyint=${gop}:keyint=${gop}:scenecut=0:open-gop=0:log-level=error`
      const vbv = `vbv-maxrate=${kbps(maxBitrateBps)}:vbv-bufsize=${kbps(bufferBits)}`
      return ['-preset', 'veryfast', '-crf', String(crf), '-x265-params', `${params}:${vbv}`]
    }
    case 'vp9':
      // Constrained quality: `-b:v` is the cap. Equal `-g` and `-keyint_min` make libvpx place keyframes at a fixed distance.
      return [
        ...['-crf', String(crf), '-b:v', String(maxBitrateBps), '-keyint_min', gop],
        ...['-deadline', 'realtime', '-cpu-used', '8', '-row-mt', '1', '-auto-alt-ref', '0', '-lag-in-frames', '0'],
      ]
    case 'av1':
      return ['-preset', '10', ...cap, '-svtav1-params', 'irefresh-type=2:scd=0']
  }
}
