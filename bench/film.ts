/** Films of any length for benches, made by repeating half a minute, so that hours are there in seconds. */
import { clip } from '../tests/support/clips.ts'

/** 360p, 24 frames a second, a keyframe every two seconds, AAC; `moov` at the end, as cameras write it. Answers the path. */
export async function film(seconds: number): Promise<string> {
  const start = await clip('mp4', [
    ...['-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=24', '-f', 'lavfi', '-i', 'sine=frequency=330:sample_rate=48000', '-t', '30'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '32', '-g', '48', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '64k'],
  ])
  return seconds <= 30
    ? start
    : clip('mp4', ['-stream_loop', String(Math.ceil(seconds / 30) - 1), '-i', start, '-t', String(seconds), '-c', 'copy'])
}
