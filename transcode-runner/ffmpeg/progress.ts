/** FFmpeg's `-progress` output: blocks of `key=value` lines, each ended by `progress=continue` or `progress=end`. */
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

export interface FfmpegProgress {
  /** Frames of the first video output. */
  frames: number
  /** End of what is written, microseconds of output time; 0 until something is. */
  outTimeUs: number
  /** Times real time; 0 while unknown. */
  speed: number
}

/** Calls back for every block. The stream is read to its end. */
export function readProgress(stream: Readable, onProgress: (progress: FfmpegProgress) => void): void {
  const block: FfmpegProgress = { frames: 0, outTimeUs: 0, speed: 0 }
  createInterface({ input: stream }).on('line', (line) => {
    const at = line.indexOf('=')
    const value = Number.parseFloat(line.slice(at + 1))
    const number = Number.isFinite(value) ? Math.max(0, value) : 0
    switch (line.slice(0, at)) {
      case 'frame':
        block.frames = number
        break
      case 'out_time_us':
        block.outTimeUs = number
        break
      case 'speed':
        block.speed = number
        break
      case 'progress':
        onProgress({ ...block })
    }
  })
}
