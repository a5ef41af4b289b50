/** The files of a ladder and where their keyframes are. */
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { parseFraction } from '../../media/ladder/fraction.ts'
import type { Fraction } from '../../protocol/plan.ts'
import { run } from '../../transcode-runner/ffmpeg/run.ts'
import { Failure } from '../failure.ts'

export interface Rung {
  /** `720p`, from the file's name. */
  name: string
  file: string
  width: number
  height: number
  frameRate: Fraction
  hasAudio: boolean
  /** Numbers of the keyframes in order of presentation, from 0. */
  keyframes: number[]
  /** Presentation times of the keyframes from the first frame, seconds. */
  keyframeSeconds: number[]
  frames: number
}

/** All `video_*.mp4` of a folder, largest picture first. Throws when there are none. */
export async function readRungs(folder: string, ffprobePath: string): Promise<Rung[]> {
  const names = await readdir(folder).catch(() => null)
  if (names === null) throw new Failure(`There is no folder '${folder}'.`, 'Make a ladder first: sluice ladder FILE --output DIR')
  const files = names.filter((name) => /^video_.+\.mp4$/.test(name))
  if (files.length === 0)
    throw new Failure(`'${folder}' has no files named video_*.mp4.`, 'Make a ladder first: sluice ladder FILE --output DIR')
  const rungs: Rung[] = []
  for (const name of files) rungs.push(await readRung(path.join(folder, name), ffprobePath))
  return rungs.toSorted((a, b) => b.width * b.height - a.width * a.height || a.name.localeCompare(b.name))
}

/** Throws when the rungs' keyframes differ, with the first frame where they do. */
export function requireAligned(rungs: Rung[]): void {
  const [first, ...others] = rungs
  if (first === undefined) return
  for (const other of others) {
    const length = Math.max(first.keyframes.length, other.keyframes.length)
    for (let i = 0; i < length; i += 1) {
      const [a, b] = [first.keyframes[i], other.keyframes[i]]
      const [aSeconds, bSeconds] = [first.keyframeSeconds[i] ?? 0, other.keyframeSeconds[i] ?? 0]
      if (a === b && Math.abs(aSeconds - bSeconds) < 1e-5) continue
      throw new Failure(
        `The rungs' keyframes differ: keyframe ${i + 1} is ${place(a, aSeconds)} in ${first.name} and ${place(b, bSeconds)} in ${other.name}.`,
        'Players switch rungs only at keyframes. Encode all rungs with one GOP length and no scene cuts; `sluice ladder` does.',
      )
    }
    if (first.frames !== other.frames) {
      throw new Failure(
        `The rungs have different lengths: ${first.name} ends after frame ${first.frames - 1}, ${other.name} after frame ${other.frames - 1}.`,
        'Encode all rungs from one source, to its end.',
      )
    }
  }
}

function place(frame: number | undefined, seconds: number): string {
  return frame === undefined ? 'missing' : `frame ${frame} (${seconds.toFixed(3)} s)`
}

interface ProbeJson {
  streams: { codec_type: string; width?: number; height?: number; r_frame_rate?: string }[]
}

async function readRung(file: string, ffprobePath: string): Promise<Rung> {
  const headers = await run({ command: ffprobePath, args: ['-v', 'error', '-of', 'json', '-show_streams', file] })
  if (headers.code !== 0) throw new Failure(`'${file}' cannot be read as a video.`, `ffprobe said:\n${headers.log}`)
  const { streams } = JSON.parse(headers.stdout.toString()) as ProbeJson
  const video = streams.find((stream) => stream.codec_type === 'video')
  const frameRate = parseFraction(video?.r_frame_rate)
  if (video === undefined || frameRate === null) throw new Failure(`'${file}' has no picture.`)
  const args = ['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'packet=pts_time,flags', '-of', 'csv=p=0', file]
  const packets = await run({ command: ffprobePath, args, maxBytes: 512 << 20 })
  const frames = packets.stdout
    .toString()
    .split('\n')
    .flatMap((line) => {
      const [time = '', flags = ''] = line.split(',')
      return Number.isFinite(Number.parseFloat(time)) ? [{ seconds: Number(time), keyframe: flags.startsWith('K') }] : []
    })
    .toSorted((a, b) => a.seconds - b.seconds)
  const startSeconds = frames[0]?.seconds ?? 0
  const keyframes = frames.flatMap(({ keyframe }, i) => (keyframe ? [i] : []))
  return {
    name: path.basename(file).replace(/^video_|\.mp4$/g, ''),
    file,
    width: video.width ?? 0,
    height: video.height ?? 0,
    frameRate,
    hasAudio: streams.some((stream) => stream.codec_type === 'audio'),
    keyframes,
    keyframeSeconds: keyframes.map((frame) => (frames[frame]?.seconds ?? 0) - startSeconds),
    frames: frames.length,
  }
}
