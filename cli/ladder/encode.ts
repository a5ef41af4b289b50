/** Encodes the ladder into MP4 files: the runner's commands, with files where it has chunk objects. One decode feeds all rungs. */
import { createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Plan, SourceFacts, VideoRung } from '../../protocol/plan.ts'
import { audioArgs } from '../../transcode-runner/ffmpeg/audio-args.ts'
import { readProgress } from '../../transcode-runner/ffmpeg/progress.ts'
import { run, start } from '../../transcode-runner/ffmpeg/run.ts'
import { videoArgs } from '../../transcode-runner/ffmpeg/video-args.ts'
import { Failure } from '../failure.ts'
import type { Workbench } from './workbench.ts'

/** One file of the ladder. */
export interface RungFile {
  rung: VideoRung
  file: string
  sizeBytes: number
}

/** `video_720p.mp4`; other codecs than H.264 say so: `video_720p_av1.mp4`. */
export function rungFileName({ width, height, codec }: VideoRung): string {
  return `video_${Math.min(width, height)}p${codec === 'h264' ? '' : `_${codec}`}.mp4`
}

/** Writes all rungs, each with the sound. `onProgress` gets 0 to 1 and the speed (times real time). Answers the files and the seconds of the encode. */
export async function encodeLadder(
  bench: Workbench,
  facts: SourceFacts,
  plan: Plan,
  folder: string,
  onProgress: (fraction: number, speed: number) => void,
): Promise<{ files: RungFile[]; seconds: number }> {
  const temporary: string[] = []
  const scratch = (name: string): string => {
    const file = path.join(folder, `.${process.pid}-${name}`)
    temporary.push(file)
    return file
  }
  const startedMs = Date.now()
  try {
    const pictures = plan.video.map((rung) => scratch(`${rung.id}.mp4`))
    const { expectedFrames } = plan.timeline
    const command = { url: bench.sourceUrl, facts, plan, firstFrame: 0, frames: null, preset: bench.preset }
    await toFiles(bench, videoArgs(command), pictures, (frames, speed) => onProgress(Math.min(1, frames / expectedFrames), speed))
    let sound: string | null = null
    if (plan.audio !== null) {
      const loudness = await bench.loudness(facts)
      sound = scratch('audio.mp4')
      await toFiles(bench, audioArgs(bench.sourceUrl, facts, plan, loudness), [sound], () => undefined)
    }
    const seconds = (Date.now() - startedMs) / 1000
    const files: RungFile[] = []
    for (const [i, rung] of plan.video.entries()) {
      const file = path.join(folder, rungFileName(rung))
      const joined = scratch(`${rung.id}-joined.mp4`)
      await join(bench, [pictures[i] ?? '', ...(sound === null ? [] : [sound])], joined)
      await rename(joined, file)
      files.push({ rung, file, sizeBytes: (await stat(file)).size })
    }
    return { files, seconds }
  } finally {
    await Promise.all(temporary.map((file) => rm(file, { force: true })))
  }
}

async function toFiles(
  bench: Workbench,
  args: string[],
  files: string[],
  onFrames: (frames: number, speed: number) => void,
): Promise<void> {
  const running = start({ command: bench.ffmpegPath, args, pipes: files.length, signal: bench.signal })
  readProgress(running.stdout, ({ frames, speed }) => onFrames(frames, speed))
  const written = running.pipes.map((pipe, i) => pipeline(pipe, createWriteStream(files[i] ?? '')))
  const [exit] = await Promise.all([running.exit, ...written])
  bench.signal.throwIfAborted()
  if (exit.code !== 0) throw new Failure('FFmpeg could not encode the file.', `It said:\n${exit.log}`)
}

/** Puts picture and sound into one file that plays from its first bytes on. */
async function join(bench: Workbench, inputs: string[], file: string): Promise<void> {
  const args = ['-nostdin', '-hide_banner', '-loglevel', 'error', '-y', ...inputs.flatMap((input) => ['-i', input])]
  const maps = inputs.flatMap((_, i) => ['-map', String(i)])
  const exit = await run({
    command: bench.ffmpegPath,
    args: [...args, ...maps, '-c', 'copy', '-movflags', '+faststart', '-f', 'mp4', file],
    signal: bench.signal,
  })
  if (exit.code !== 0) throw new Failure(`FFmpeg could not write ${file}.`, `It said:\n${exit.log}`)
}
