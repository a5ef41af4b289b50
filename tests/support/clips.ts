/** Test clips made by FFmpeg, each once per machine and run: named by what they are made of. */
import { createHash } from 'node:crypto'
import { execa } from 'execa'
import { mkdir, rename, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

const FOLDER = path.join(tmpdir(), 'sluice-test-clips')

/** Makes a clip by FFmpeg arguments (all but the output file); answers its path. The same arguments are made once. */
export async function clip(extension: string, args: string[]): Promise<string> {
  const name = createHash('sha256').update(JSON.stringify(args)).digest('hex').slice(0, 16)
  const file = path.join(FOLDER, `${name}.${extension}`)
  if (await exists(file)) return file
  await mkdir(FOLDER, { recursive: true })
  const half = path.join(FOLDER, `${name}.${process.pid}.half.${extension}`)
  await execa('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-y', ...args, half])
  await rename(half, file)
  return file
}

/** A moving test picture with a tone, H.264 and AAC in MP4. */
export function testClip(options: { seconds: number; size?: string; rate?: string }): Promise<string> {
  const { seconds, size = '640x360', rate = '30' } = options
  return clip('mp4', [
    ...['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}`, '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'],
    ...[
      '-t',
      String(seconds),
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-g',
      '90',
      '-pix_fmt',
      'yuv420p',
      '-c:a',
      'aac',
      '-movflags',
      '+faststart',
    ],
  ])
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  )
}
